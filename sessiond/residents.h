// SPDX-License-Identifier: ISC
// Who is logged in under which name, and which logins wait for an older session of the same user or
// address to be gone: its Stop must come before their Start (DESIGN 7). Private; follows from the records.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/ids.h"
#include "lib/imsg/bodies.h"
#include "sessiond/name_index.h"

namespace lns::sessiond {

class Residents {
public:
    void add(std::string_view user, SessionIndex session) { by_user_.add(user, raw(session)); }
    void remove(SessionIndex session) { by_user_.remove(raw(session)); }
    // The sessions of that user apart from `self`. `is_users` says whether a session's record has that name.
    template <class IsUsers>
    [[nodiscard]] std::vector<SessionIndex> others(std::string_view user, SessionIndex self,
                                                   const IsUsers& is_users) const {
        std::vector<SessionIndex> found;
        by_user_.find(user, [&](NameIndex::Number number) {
            const SessionIndex session{number};
            if (session != self && is_users(session)) found.push_back(session);
            return true;
        });
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
    NameIndex by_user_;
    std::unordered_multimap<SessionIndex, imsg::AuthReply> parked_;
};

} // namespace lns::sessiond
