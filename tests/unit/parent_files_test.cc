// SPDX-License-Identifier: ISC
// What the parent does to files: startup-config written anew, and plugins looked at.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

#include "l2tpnsd/plugin_file.h"
#include "l2tpnsd/replace_file.h"

namespace lns::parent {
namespace {

namespace fs = std::filesystem;

class Directory : public testing::Test {
protected:
    Directory() {
        char name[] = "/tmp/lns-file-XXXXXX";
        path_ = mkdtemp(&name[0]);
    }
    ~Directory() override { fs::remove_all(path_); }
    void put(const std::string& name, const std::string& text, int mode) const {
        std::ofstream(path_ + "/" + name) << text;
        fs::permissions(path_ + "/" + name, fs::perms(mode));
    }
    [[nodiscard]] std::string get(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(path_ + "/" + name).rdbuf();
        return text.str();
    }
    [[nodiscard]] int mode(const std::string& name) const {
        return static_cast<int>(fs::status(path_ + "/" + name).permissions());
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(path_))
            all.push_back(entry.path().filename());
        std::sort(all.begin(), all.end());
        return all;
    }
    std::string path_;
};

using ReplaceFile = Directory;
using PluginFile = Directory;

TEST_F(ReplaceFile, KeepsTheModeAndThePreviousText) {
    put("startup-config", "old\n", 0640);
    ASSERT_TRUE(replace_file(path_, "startup-config", "new\n"));
    EXPECT_EQ(get("startup-config"), "new\n");
    EXPECT_EQ(mode("startup-config"), 0640);
    EXPECT_EQ(get("startup-config.old"), "old\n");
    EXPECT_EQ(mode("startup-config.old"), 0640);
    ASSERT_TRUE(replace_file(path_, "startup-config", "newer\n"));
    EXPECT_EQ(get("startup-config.old"), "new\n");
    EXPECT_EQ(names(), (std::vector<std::string>{"startup-config", "startup-config.old"}));
}

TEST_F(ReplaceFile, KeepsTheOwner) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    put("startup-config", "old\n", 0600);
    ASSERT_EQ(chown((path_ + "/startup-config").c_str(), 61701, 61702), 0);
    ASSERT_TRUE(replace_file(path_, "startup-config", "new\n"));
    struct stat made {};
    ASSERT_EQ(stat((path_ + "/startup-config").c_str(), &made), 0);
    EXPECT_EQ(made.st_uid, 61701U);
    EXPECT_EQ(made.st_gid, 61702U);
}

TEST_F(ReplaceFile, MakesANewOneForItsOwnerOnly) {
    ASSERT_TRUE(replace_file(path_, "startup-config", "new\n"));
    EXPECT_EQ(mode("startup-config"), 0600);
    EXPECT_EQ(names(), std::vector<std::string>{"startup-config"});
}

TEST_F(ReplaceFile, GoesOnWhereACrashLeftSomething) {
    put("startup-config", "old\n", 0600);
    put(".startup-config.new", "half", 0600);
    fs::create_hard_link(path_ + "/startup-config", path_ + "/.startup-config.link");
    fs::create_hard_link(path_ + "/startup-config", path_ + "/startup-config.old");
    ASSERT_TRUE(replace_file(path_, "startup-config", "new\n"));
    EXPECT_EQ(get("startup-config"), "new\n");
    EXPECT_EQ(get("startup-config.old"), "old\n");
    EXPECT_EQ(names(), (std::vector<std::string>{"startup-config", "startup-config.old"}));
}

TEST_F(ReplaceFile, LeavesWhatIsNoPlainFileAlone) {
    put("elsewhere", "theirs\n", 0600);
    fs::create_symlink(path_ + "/elsewhere", path_ + "/startup-config");
    const auto done = replace_file(path_, "startup-config", "new\n");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, path_ + "/startup-config is not a regular file: it is left alone");
    EXPECT_EQ(get("elsewhere"), "theirs\n");
    EXPECT_EQ(names(), (std::vector<std::string>{"elsewhere", "startup-config"}));
}

TEST_F(ReplaceFile, SaysWhatFailed) {
    const auto done = replace_file(path_ + "/nowhere", "startup-config", "new\n");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message,
              path_ + "/nowhere/startup-config: cannot open its directory: No such file or directory");
    put("startup-config", "old\n", 0600);
    fs::create_directory(path_ + "/startup-config.old");
    const auto kept = replace_file(path_, "startup-config", "new\n");
    ASSERT_FALSE(kept);
    EXPECT_NE(kept.error().message.find("cannot keep what it says as .old"), std::string::npos);
    EXPECT_EQ(get("startup-config"), "old\n");
    EXPECT_EQ(names(), (std::vector<std::string>{"startup-config", "startup-config.old"}));
}

TEST_F(PluginFile, MustBeAPlainNameOfAFileThatIsRootsAlone) {
    for (const char* name : {"", "../garden", "garden.so", "a b", "/etc/passwd"})
        EXPECT_TRUE(complain_about_plugin(name, path_)) << name;
    EXPECT_EQ(*complain_about_plugin("garden", path_), path_ + "/garden.so: No such file or directory");
    if (geteuid() != 0) GTEST_SKIP() << "the rest needs files of root";
    put("garden.so", "", 0644);
    EXPECT_FALSE(complain_about_plugin("garden", path_)) << *complain_about_plugin("garden", path_);
    fs::permissions(path_ + "/garden.so", fs::perms(0664));
    EXPECT_TRUE(complain_about_plugin("garden", path_)) << "writable by its group";
    fs::permissions(path_ + "/garden.so", fs::perms(0644));
    ASSERT_EQ(chown((path_ + "/garden.so").c_str(), 61701, 0), 0);
    EXPECT_TRUE(complain_about_plugin("garden", path_)) << "of another user";
    ASSERT_EQ(chown((path_ + "/garden.so").c_str(), 0, 0), 0);
    fs::permissions(path_, fs::perms(0777));
    EXPECT_TRUE(complain_about_plugin("garden", path_)) << "in a directory that all can write";
    fs::permissions(path_, fs::perms(0755));
    fs::create_symlink(path_ + "/garden.so", path_ + "/other.so");
    EXPECT_TRUE(complain_about_plugin("other", path_)) << "a link";
}

} // namespace
} // namespace lns::parent
