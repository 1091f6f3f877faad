// SPDX-License-Identifier: ISC
#include "lib/conf/users.h"

#include <algorithm>
#include <crypt.h>
#include <cstring>
#include <memory>
#include <optional>

#include "lib/conf/text.h"

namespace lns::conf {
namespace {

constexpr std::string_view kEnable = "enable";
constexpr std::size_t kMaxPlain = 254;

bool is_hash_character(char c) { return is_alphanumeric(c) || c == '.' || c == '/'; }

// "$id$...": what crypt(5) calls a prefix. Anything else after a dollar sign is plain text.
bool has_hash_prefix(std::string_view value) {
    if (!value.starts_with('$')) return false;
    const auto end = value.find('$', 1);
    return end != std::string_view::npos && end > 1 &&
           std::all_of(value.begin() + 1, value.begin() + static_cast<std::ptrdiff_t>(end),
                       [](char c) { return is_alphanumeric(c) || c == ',' || c == '='; });
}

// Whether crypt(3) could ever yield this: the salt is one it takes, and a digest follows. DES has no
// prefix and is 13 characters; the shortest digest of the others is MD5's with 22.
bool is_sound_hash(const std::string& value) {
    const auto digest = std::string_view(value).substr(value.find_last_of('$') + 1); // all of it without a '$'
    const bool long_enough = has_hash_prefix(value) ? digest.size() >= 22 : value.size() == 13;
    const int salt = crypt_checksalt(value.c_str());
    return long_enough && std::all_of(digest.begin(), digest.end(), is_hash_character) && salt != CRYPT_SALT_INVALID &&
           salt != CRYPT_SALT_METHOD_DISABLED;
}

bool hash_matches(std::string_view hash, std::string_view password) {
    if (password.find('\0') != std::string_view::npos) return false;
    std::string phrase(password);
    const auto data = std::make_unique<crypt_data>();
    const char* output = crypt_r(phrase.c_str(), std::string(hash).c_str(), data.get());
    const bool same = output != nullptr && equal_constant_time(as_octets(output), as_octets(hash));
    explicit_bzero(data.get(), sizeof *data);
    explicit_bzero(phrase.data(), phrase.size());
    return same;
}

bool matches(const Users::Password& stored, std::string_view password) {
    if (stored.hashed) return hash_matches(stored.value.reveal(), password);
    return equal_constant_time(stored.value.reveal_octets(), as_octets(password));
}

const char* complain_about_line(std::string_view line, std::size_t colon) {
    if (const char* complaint = complain_about_octets(line)) return complaint;
    if (colon == std::string_view::npos) return "expected username:password";
    const auto name = line.substr(0, colon);
    if (name.empty()) return "the user's name is missing";
    if (std::any_of(name.begin(), name.end(), is_blank)) return "there is a blank in the user's name";
    if (line.size() == colon + 1) return "the password is missing";
    if (is_blank(line.back())) return "there is a blank at the end of the line";
    return nullptr;
}

// The password of a line, or nothing with the complaint set.
std::optional<Users::Password> parse_password(std::string_view text, const char*& complaint) {
    constexpr std::string_view kCrypt = "{crypt}";
    const bool marked = text.starts_with(kCrypt);
    std::string value(marked ? text.substr(kCrypt.size()) : text);
    std::optional<Users::Password> password;
    const bool hashed = marked || has_hash_prefix(value);
    if (hashed && !is_sound_hash(value))
        complaint = "the password looks like a hash, but not like one that crypt(3) makes";
    else if (!hashed && value.size() > kMaxPlain)
        complaint = "the password is too long";
    else
        password = Users::Password{Secret(value), hashed};
    explicit_bzero(value.data(), value.size());
    return password;
}

} // namespace

bool Users::verify(std::string_view user, std::string_view password) const {
    const auto entry = passwords_.find(user);
    return user != kEnable && entry != passwords_.end() && matches(entry->second, password);
}

bool Users::has_enable() const { return passwords_.contains(kEnable); }

bool Users::verify_enable(std::string_view password) const {
    const auto entry = passwords_.find(kEnable);
    return entry != passwords_.end() && matches(entry->second, password);
}

bool Users::contains(std::string_view user) const { return user != kEnable && passwords_.contains(user); }

bool Users::has_plain() const {
    return std::any_of(passwords_.begin(), passwords_.end(), [](const auto& entry) { return !entry.second.hashed; });
}

std::size_t Users::size() const { return passwords_.size() - (has_enable() ? 1 : 0); }

bool Users::add(std::string_view user, Password password) {
    return passwords_.try_emplace(std::string(user), std::move(password)).second;
}

UsersFile parse_users(std::string_view text, std::string_view file) {
    UsersFile result{{}, Diagnostics(file)};
    Lines lines(text, "#");
    for (Line line; lines.next(line);) {
        const auto colon = line.text.find(':');
        const char* complaint = complain_about_line(line.text, colon);
        std::optional<Users::Password> password;
        if (complaint == nullptr) password = parse_password(line.text.substr(colon + 1), complaint);
        if (password && !result.users.add(line.text.substr(0, colon), std::move(*password)))
            complaint = "this user has a line already";
        if (complaint != nullptr) result.diagnostics.error(line.number, complaint);
    }
    return result;
}

} // namespace lns::conf
