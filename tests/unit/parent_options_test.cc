// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <filesystem>

#include "l2tpnsd/options.h"

namespace lns::parent {
namespace {

Result<Options> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "l2tpnsd");
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse_options(static_cast<int>(words.size()), argv.data());
}

TEST(ParentOptions, DefaultsAreForegroundAndTheBuiltInPaths) {
    const auto options = parse({});
    ASSERT_TRUE(options);
    EXPECT_FALSE(options->daemonize || options->check_only || options->purge || options->version);
    EXPECT_EQ(options->verbose, 0U);
    EXPECT_EQ(options->confdir, SYSCONFDIR "/l2tpns");
    EXPECT_EQ(options->rundir, RUNSTATEDIR "/l2tpns");
    EXPECT_EQ(options->libexecdir, LIBEXECDIR);
    EXPECT_TRUE(options->rundir_is_default);
}

TEST(ParentOptions, TakesLettersTogetherAndApart) {
    const auto options = parse({"-dvv", "-n", "-c", "/a", "-r/b/", "-l", "/c"});
    ASSERT_TRUE(options);
    EXPECT_TRUE(options->daemonize);
    EXPECT_TRUE(options->check_only);
    EXPECT_EQ(options->verbose, 2U);
    EXPECT_EQ(options->confdir, "/a");
    EXPECT_EQ(options->rundir, "/b");
    EXPECT_EQ(options->libexecdir, "/c");
    EXPECT_FALSE(options->rundir_is_default);
}

TEST(ParentOptions, MakesPathsAbsolute) {
    const auto options = parse({"-c", "conf/../etc"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->confdir, (std::filesystem::current_path() / "etc").string());
}

TEST(ParentOptions, TakesPurgeWithARunDirectoryOnly) {
    const auto options = parse({"--purge", "-r", "/run/x"});
    ASSERT_TRUE(options);
    EXPECT_TRUE(options->purge);
    EXPECT_FALSE(parse({"--purge", "-d"}));
}

TEST(ParentOptions, SaysWhatIsWrong) {
    struct {
        std::vector<std::string> words;
        std::string message;
    } const rows[] = {
        {{"-x"}, "unknown option -x"},
        {{"--pure"}, "unknown option --pure"},
        {{"-c"}, "option -c needs an argument"},
        {{"-d", "start"}, "unexpected argument start"},
    };
    for (const auto& row : rows) {
        const auto options = parse(row.words);
        ASSERT_FALSE(options);
        EXPECT_EQ(options.error().message, row.message);
    }
}

} // namespace
} // namespace lns::parent
