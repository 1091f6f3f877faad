// SPDX-License-Identifier: ISC
// Expected texts kept as files of the source tree. `make update-golden` writes what came out into them;
// the change is then read in the diff.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace lns::golden {

inline std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void expect(const std::string& path, const std::string& actual) {
    if (std::getenv("LNS_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << actual;
        return;
    }
    EXPECT_EQ(actual, read(path)) << path << "\nwhen this is meant: make update-golden";
}

} // namespace lns::golden
