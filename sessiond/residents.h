// SPDX-License-Identifier: ISC
// Who is logged in under which name, and which logins wait for an older session of the same user or
// address to be gone: its Stop must come before their Start (DESIGN 7). Private; follows from the records.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/ids.h"
#include "lib/imsg/bodies.h"

namespace lns::sessiond {

class Residents {
public:
    void add(std::string_view user, SessionIndex session) { by_user_.emplace(user, session); }
    void remove(std::string_view user, SessionIndex session) { by_user_.erase({std::string(user), session}); }
    // The sessions of that user apart from `self`.
    [[nodiscard]] std::vector<SessionIndex> others(std::string_view user, SessionIndex self) const {
        std::vector<SessionIndex> found;
        const std::string name(user);
        for (auto it = by_user_.lower_bound({name, SessionIndex{}}); it != by_user_.end() && it->first == name; ++it)
            if (it->second != self) found.push_back(it->second);
        return found;
    }

    // An accepted login that can go on when `blocker` has let go of its name and address.
    void park(SessionIndex blocker, const imsg::AuthReply& reply) { parked_.emplace(blocker, reply); }
    std::vector<imsg::AuthReply> unpark(SessionIndex blocker) {
        std::vector<imsg::AuthReply> ready;
        const auto [first, last] = parked_.equal_range(blocker);
        for (auto it = first; it != last; ++it)
            ready.push_back(it->second);
        parked_.erase(first, last);
        return ready;
    }

private:
    // Ordered: where duplicates are allowed one user can have all sessions there may be, and each has to be found at
    // once.
    std::set<std::pair<std::string, SessionIndex>> by_user_;
    std::unordered_multimap<SessionIndex, imsg::AuthReply> parked_;
};

} // namespace lns::sessiond
