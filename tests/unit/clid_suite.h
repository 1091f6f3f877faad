// SPDX-License-Identifier: ISC
// For the tests of clid: its real master and children in a process of their own, with the test as
// parent, as sessiond and as operator. No privileges needed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/imsg/channel.h"
#include "shm/counters.h"
#include "shm/locator.h"
#include "shm/segment.h"

namespace lns::clid {

// An operator's connection.
class Operator {
public:
    Operator(EventLoop& loop, std::uint16_t port);
    // Never waits; how much the connection took.
    std::size_t type(std::string_view text);
    // All that came, without telnet's negotiation.
    [[nodiscard]] std::string seen() const;
    [[nodiscard]] bool closed() const { return closed_; }
    void hang_up();

private:
    void readable();
    UniqueFd socket_;
    std::string raw_;
    bool closed_ = false;
    std::optional<ReadWatch> watch_;
};

// What another process has open.
std::vector<int> descriptors_of(pid_t pid);
// How many of its mappings of shared tables are writable.
std::size_t writable_tables_of(pid_t pid);

class ClidSuite {
public:
    struct Setup {
        std::optional<std::string> users; // contents of the users file
        bool with_sessiond = true;
    };
    explicit ClidSuite(Setup setup);
    ~ClidSuite();
    ClidSuite(const ClidSuite&) = delete;
    ClidSuite& operator=(const ClidSuite&) = delete;

    // ---- the tables, as their writers see them ----
    shm::Mapping& table(shm::TableId id);
    // A tunnel with a block of session slots, and sessions in it.
    void put_tunnel(std::uint32_t index, const shm::TunnelRecord& record, std::uint32_t block);
    void put_session(std::uint32_t sid, const shm::SessionRecord& record);
    std::uint64_t counter(std::size_t which);

    // ---- the world around ----
    EventLoop& loop() { return loop_; }
    Operator& connect();
    Operator& connect_to_prompt(const std::string& prompt); // fails the test when it does not come
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    imsg::Channel& parent() { return *parent_; }
    void connect_sessiond();
    // As the parent does when it was told to read its configuration again.
    void reload_users(const std::string& users);
    // Runs the loop until it is so; false when it did not come to it in time.
    bool wait_for(const std::function<bool()>& so);
    // Types a line and returns what the operator saw until the next prompt, himself included.
    std::string dialogue(Operator& who, const std::string& line, const std::string& prompt);
    [[nodiscard]] bool master_lives() const;
    [[nodiscard]] bool logged(std::string_view text) const;
    [[nodiscard]] std::vector<pid_t> child_pids() const;
    [[nodiscard]] std::size_t children() const { return child_pids().size(); }
    [[nodiscard]] std::size_t open_descriptors() const { return descriptors_of(pid_).size(); }

    std::vector<std::string> log;
    std::vector<imsg::DropSession> drops;
    std::vector<imsg::DropTunnel> tunnel_drops;
    bool answer_drops = true;
    std::vector<imsg::ChangeServices> changes;
    conf::Config settings; // sessiond's
    std::vector<imsg::SetKey> sets;
    std::vector<imsg::AccessListChange> list_changes;
    std::string access_lists;
    std::string running_config = "set debug 3\nset hostname \"lns1\"\n";

private:
    void make_tables();
    void map_tables();
    void listen();
    void hand_over(const Setup& setup);
    void say(std::uint32_t request, bool failed, const std::string& text);
    void handle_messages();
    void serve_sessiond(imsg::Channel& channel);

    struct Made {
        shm::Segment segment;
        shm::Mapping map;
    };
    EventLoop loop_;
    std::string rundir_;
    std::vector<Made> tables_;
    UniqueFd listener_;
    std::uint16_t port_ = 0;
    pid_t pid_ = 0;
    bool ready_ = false;
    std::unique_ptr<imsg::Channel> parent_;
    std::unique_ptr<imsg::Channel> sessiond_;
    std::vector<std::unique_ptr<Operator>> operators_;
};

} // namespace lns::clid
