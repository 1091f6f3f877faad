// SPDX-License-Identifier: ISC
// How many connections there may be: in all, and from one address. Pure.
#pragma once

#include <unordered_map>

#include "lib/base/inet.h"

namespace lns::clid {

// 127.0.0.0/8: somebody on this machine.
bool is_loopback(Ipv4 address);

class Admission {
public:
    enum class Verdict { admitted, not_local, full, too_many_of_source };

    // Counts the connection when it is admitted; leave() must follow. Without a users file nobody is
    // asked for a password, so only loopback may come in.
    Verdict enter(Ipv4 source, bool has_users_file);
    void leave(Ipv4 source);
    [[nodiscard]] unsigned count() const { return count_; }

    static constexpr unsigned kMax = 64;
    static constexpr unsigned kMaxOfSource = 16;
    // So that strangers cannot shut out somebody on the machine itself.
    static constexpr unsigned kKeptForLoopback = 8;

private:
    unsigned count_ = 0;
    std::unordered_map<Ipv4, unsigned> by_source_;
};

} // namespace lns::clid
