// SPDX-License-Identifier: ISC
#include <array>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "lib/base/fd.h"
#include "nsctl/client.h"
#include "nsctl/options.h"

namespace lns::nsctl {
namespace {

using namespace std::chrono_literals;

Result<Options> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "nsctl");
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    return parse_options(static_cast<int>(words.size()), argv.data());
}

struct Form {
    std::vector<std::string> words;
    std::string host;
    std::uint16_t port;
    std::vector<std::string> command;
};

TEST(NsctlOptions, EveryFormIsUnderstood) {
    const std::vector<Form> forms{
        {{"drop", "joe"}, "127.0.0.1", 1702, {"drop", "joe"}},
        {{"lns1", "drop", "joe"}, "lns1", 1702, {"drop", "joe"}},
        {{"lns1:17", "garden", "5"}, "lns1", 17, {"garden", "5"}},
        {{"-h", "drop", "drop", "joe"}, "drop", 1702, {"drop", "joe"}},
        {{"-h", "10.0.0.1:9", "show", "processes"}, "10.0.0.1", 9, {"show", "processes"}},
        {{"-t", "9", "-k", "key", "kill", "5", "-h", "is a reason"},
         "127.0.0.1",
         1702,
         {"kill", "5", "-h", "is a reason"}},
        {{"garden", "5"}, "127.0.0.1", 1702, {"garden", "5"}},
    };
    for (const Form& form : forms) {
        const auto options = parse(form.words);
        ASSERT_TRUE(options.ok()) << form.words[0];
        EXPECT_EQ(options->host, form.host);
        EXPECT_EQ(options->port, form.port);
        EXPECT_EQ(options->words, form.command);
    }
    EXPECT_EQ(parse({"-t", "9", "help"})->patience, 9s);
    EXPECT_EQ(parse({"-k", "key", "help"})->key_file, "key");
}

TEST(NsctlOptions, WhatIsWrongIsSaid) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{}, "a command is needed"},
        {{"lns1"}, "a command is needed"},
        {{"-h", "lns1"}, "a command is needed"},
        {{"-h", "lns1:0", "help"}, "the port of \"lns1:0\" is none"},
        {{"-h", ":5", "help"}, "no host in \":5\""},
        {{"-t", "0", "help"}, "-t 0: seconds from 1 to 3600 are needed"},
        {{"-x", "help"}, "there is no -x"},
        {{"-k"}, "-k needs a value"},
    };
    for (const auto& [words, complaint] : cases) {
        const auto options = parse(words);
        ASSERT_FALSE(options.ok()) << complaint;
        EXPECT_EQ(options.error().message, complaint);
    }
}

class KeyFile : public testing::Test {
protected:
    KeyFile() : path_(testing::TempDir() + "nsctl-" + std::to_string(getpid()) + ".key") {}
    ~KeyFile() override { unlink(path_.c_str()); }
    Result<Secret> read(const std::string& text, mode_t mode) {
        std::ofstream(path_) << text;
        chmod(path_.c_str(), mode);
        Options options;
        options.key_file = path_;
        return read_key(options);
    }
    std::string path_;
};

TEST_F(KeyFile, ItsFirstLineIsTheSecret) {
    EXPECT_EQ(read("open sesame\nnot this\n", 0600)->reveal(), "open sesame");
    EXPECT_EQ(read("no line end", 0400)->reveal(), "no line end");
}

TEST_F(KeyFile, OneThatOthersMayReadIsRefused) {
    for (const mode_t mode : {0640U, 0604U, 0602U})
        EXPECT_FALSE(read("open sesame\n", mode).ok());
}

TEST_F(KeyFile, AnEmptyOrAbsentOneIsRefused) {
    EXPECT_FALSE(read("", 0600).ok());
    EXPECT_FALSE(read("\nsecond line\n", 0600).ok());
    EXPECT_FALSE(read(std::string(255, 'x'), 0600).ok());
    Options options;
    options.key_file = path_ + ".absent";
    EXPECT_FALSE(read_key(options).ok());
}

// A server of the test's own.
class Server {
public:
    Server() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address = to_sockaddr({Ipv4{INADDR_LOOPBACK}, 0});
        socklen_t length = sizeof address;
        EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
        endpoint = from_sockaddr(address);
    }
    // The next datagram, and what is to be said to it.
    void answer(const std::function<std::vector<std::uint8_t>(Bytes)>& say) {
        std::array<std::uint8_t, 2000> buffer;
        sockaddr_in from{};
        socklen_t length = sizeof from;
        const ssize_t n =
            recvfrom(socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
        ASSERT_GT(n, 0);
        const auto reply = say(Bytes(buffer).first(static_cast<std::size_t>(n)));
        sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), length);
    }
    Endpoint endpoint;

private:
    UniqueFd socket_;
};

const Secret kSecret("s");
const control::Request kRequest{{1, 2, 3}, 1795328907, {"drop", "joe"}};

TEST(NsctlClient, RepeatsTheSameDatagramUntilItIsAnswered) {
    Server server;
    std::vector<std::vector<std::uint8_t>> seen;
    std::thread thread([&] {
        for (int i = 0; i < 2; ++i) // the first answer is lost
            server.answer([&](Bytes datagram) {
                seen.emplace_back(datagram.begin(), datagram.end());
                if (i == 0) return std::vector<std::uint8_t>{0};
                return control::encode(control::Reply{kRequest.nonce, control::Verdict::failed, "no"}, kSecret);
            });
    });
    const auto reply = ask(server.endpoint, kRequest, kSecret, 60s);
    thread.join();
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->text, "no");
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0], seen[1]);
}

TEST(NsctlClient, BelievesNoForgedAnswer) {
    Server server;
    std::thread thread([&] {
        const std::array<control::Reply, 2> replies{control::Reply{kRequest.nonce, control::Verdict::done, "forged"},
                                                    control::Reply{{9}, control::Verdict::done, "of another"}};
        server.answer([&](Bytes) { return control::encode(replies[0], Secret("guess")); });
        server.answer([&](Bytes) { return control::encode(replies[1], kSecret); });
        server.answer([&](Bytes) {
            return control::encode(control::Reply{kRequest.nonce, control::Verdict::done, "true"}, kSecret);
        });
    });
    const auto reply = ask(server.endpoint, kRequest, kSecret, 60s);
    thread.join();
    ASSERT_TRUE(reply.ok());
    EXPECT_EQ(reply->text, "true");
}

TEST(NsctlClient, GivesUpInTime) {
    const Server silent;
    const auto reply = ask(silent.endpoint, kRequest, kSecret, 50ms);
    ASSERT_FALSE(reply.ok());
    EXPECT_NE(reply.error().message.find("no answer from 127.0.0.1:"), std::string::npos);
}

} // namespace
} // namespace lns::nsctl
