// SPDX-License-Identifier: ISC
// The file users: who may log in to the CLI. Lines username:password; the password is plain text, a
// crypt(5) hash ($1$..., $6$..., $y$...) or {crypt} with a hash of any kind, the old DES one included.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/secret.h"
#include "lib/conf/diagnostic.h"

namespace lns::conf {

class Users {
public:
    // A login. False for an unknown user, and for `enable`, which is not a user.
    // Takes as long as the hash wants: seconds are possible. Called by clid's master only.
    [[nodiscard]] bool verify(std::string_view user, std::string_view password) const;
    // The entry `enable`: the password of the privileged mode.
    [[nodiscard]] bool has_enable() const;
    [[nodiscard]] bool verify_enable(std::string_view password) const;

    [[nodiscard]] bool contains(std::string_view user) const;
    // Is any password there in plain text?
    [[nodiscard]] bool has_plain() const;
    // Without `enable`.
    [[nodiscard]] std::size_t size() const;

    struct Password {
        Secret value; // the hash without "{crypt}", or the plain text
        bool hashed = false;
    };
    // False when the user is there already. The value has been checked.
    bool add(std::string_view user, Password password);

private:
    std::map<std::string, Password, std::less<>> passwords_;
};

struct UsersFile {
    Users users;
    Diagnostics diagnostics;
};

UsersFile parse_users(std::string_view text, std::string_view file);

} // namespace lns::conf
