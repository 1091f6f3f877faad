// SPDX-License-Identifier: ISC
// A spool for a test, and what to put into it.
#pragma once

#include <array>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "radiusd-client/spool.h"

namespace lns::radius_client {

// A directory that goes with the test.
struct Directory {
    Directory() {
        std::array<char, 32> name{"/tmp/radius-acct-XXXXXX"};
        path = mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string spool() const { return path + "/spool.db"; }
    std::string path;
};

inline SpoolRecord record(RecordId id, std::uint64_t session, imsg::AcctKind kind = imsg::AcctKind::start) {
    return {.id = id,
            .acct_session_id = session,
            .session = 300,
            .kind = kind,
            .event_time = 1700000000,
            .attributes = {40, 6, 0, 0, 0, 1}};
}

inline std::set<RecordId> add(Spool& spool, const SpoolRecord& r) {
    std::set<RecordId> known;
    const std::vector<const SpoolRecord*> records{&r};
    EXPECT_TRUE(spool.commit(records, {}, known)) << spool.last_error();
    return known;
}

} // namespace lns::radius_client
