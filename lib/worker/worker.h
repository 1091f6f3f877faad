// SPDX-License-Identifier: ISC
// What every worker process has in common: the start dialogue with the parent, the linear prologue
// that gives up privileges, the shared tables, and the parent's housekeeping messages (DESIGN 2).
//
//   int main(int argc, char** argv) {
//       return lns::worker::run(argc, argv, Proc::session, [](Worker& w) { ...; w.serve(); });
//   }
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/secret.h"
#include "lib/imsg/channel.h"
#include "shm/counters.h"
#include "shm/segment.h"

namespace lns::worker {

struct OwnedSocket {
    imsg::SocketKind kind{};
    std::uint32_t instance = 0;
    UniqueFd fd;
};

// Everything the parent handed over before StartDone.
struct StartKit {
    imsg::StartIdentity identity{};
    struct Table {
        shm::TableId id{};
        std::uint16_t instance = 0;
        bool writable = false;
        shm::Mapping map; // the descriptor is closed once mapped
    };
    std::vector<Table> tables;
    struct Map {
        imsg::MapKind kind{};
        std::span<std::byte> memory; // of the kernel, shared; mapped as long as the process lives
    };
    std::vector<Map> maps;
    std::vector<OwnedSocket> sockets;
    std::vector<std::pair<imsg::FileKind, UniqueFd>> files;
    std::vector<std::pair<imsg::SecretKind, Secret>> secrets;
    struct Peer {
        Proc proc{};
        std::uint16_t instance = 0;
        UniqueFd fd;
    };
    std::vector<Peer> peers;
    UniqueFd writers_lock; // held, as long as this process lives
};

class Worker {
public:
    Worker(Proc self, UniqueFd parent_fd);
    ~Worker();

    // Start-up, in this order; run() does all of it. Each ends the process on failure.
    void receive_start_kit();
    void drop_privileges();

    // ---- For the worker's own code ----
    EventLoop& loop() { return *loop_; }
    imsg::Channel& parent() { return *parent_; }
    StartKit& kit() { return kit_; }
    [[nodiscard]] Proc self() const { return self_; }
    [[nodiscard]] std::uint16_t instance() const { return kit_.identity.instance; }

    // A table that the parent gave; ends the process when it did not (a fault of the suite).
    shm::Mapping& table(shm::TableId id, std::uint16_t instance = 0);
    [[nodiscard]] bool has_table(shm::TableId id, std::uint16_t instance = 0) const;
    // The elements of a map of the fast path; none when there is no fast path, or it is another instance's.
    template <class Item>
    [[nodiscard]] std::span<Item> map(imsg::MapKind kind) const {
        const std::span<std::byte> memory = map_memory(kind);
        return {static_cast<Item*>(static_cast<void*>(memory.data())), memory.size() / sizeof(Item)};
    }
    // Takes the first socket of that kind; ends the process when there is none.
    UniqueFd take_socket(imsg::SocketKind kind, std::uint32_t instance = 0);
    std::vector<OwnedSocket> take_sockets(imsg::SocketKind kind);
    // The contents of a configuration file; nothing when the parent found none.
    std::optional<std::string> read_file(imsg::FileKind kind);
    // Whether the parent gave, or took away, that file since this was asked last.
    bool file_is_new(imsg::FileKind kind);
    // The file itself, which read_file() then gives no more; invalid when there is none.
    UniqueFd take_file(imsg::FileKind kind);
    Secret secret(imsg::SecretKind kind) const;

    shm::ConfigRecord config() const; // the current snapshot
    shm::CounterWords& counters();    // this worker's own
    // Runs when the parent published a new snapshot; secret() and read_file() then give what is new, too.
    void on_config_changed(std::function<void()> call) { config_changed_ = std::move(call); }

    // The channel to another worker. `connected` runs now for each channel the parent gave at start, and
    // again whenever the parent hands over a new one because the other side was restarted: set the
    // handlers there, then assume nothing about what the peer knows (rescan). The old one is gone by then.
    using Connected = std::function<void(imsg::Channel&)>;
    void on_peer(Proc proc, Connected connected);
    // nullptr while there is none.
    imsg::Channel* peer(Proc proc, std::uint16_t instance = 0);

    // Run around each batch of messages of any channel, present and future: for a worker that gathers what
    // follows from many messages into one step.
    void around_messages(std::function<void()> before, std::function<void()> after);

    // Messages, and lines of the log below errors, of one round of the loop leave together at its end, or by
    // flush_messages().
    void hold_messages();
    void flush_messages();

    // Tells the parent that it serves, and runs the loop until the parent ends the process, or restart_grace is over
    // after the parent left.
    void serve();

private:
    struct PeerChannel {
        Proc proc;
        std::uint16_t instance;
        std::unique_ptr<imsg::Channel> channel;
    };
    void set_start_handlers(bool& done);
    [[nodiscard]] std::span<std::byte> map_memory(imsg::MapKind kind) const;
    void set_running_handlers();
    void connect_peer(StartKit::Peer peer);
    void announce_peer(PeerChannel& peer);
    void hold(imsg::Channel& channel);
    void set_log_threshold();
    void send_log(LogLevel level, std::string_view line);
    void parent_left();
    void asked_to_leave();
    [[nodiscard]] bool packets_wait() const;

    Proc self_;
    std::unique_ptr<EventLoop> loop_;
    std::unique_ptr<imsg::Channel> parent_;
    StartKit kit_;
    std::vector<PeerChannel> peers_;
    std::vector<std::pair<Proc, Connected>> peer_calls_;
    std::function<void()> config_changed_;
    std::function<void()> before_;
    std::function<void()> after_;
    shm::CounterWords counters_;
    std::set<imsg::FileKind> new_files_;
    std::uint32_t log_wanted_ = 0; // by somebody who looks at the log
    std::uint64_t log_lines_lost_ = 0;
    std::vector<int> packet_fds_; // of port 1701, relays, TUN queues
    std::optional<SignalWatch> leave_watch_;
    Timer leave_timer_;
    std::optional<Deferred> flush_soon_; // set: messages are held
    MonoTime leave_deadline_{};
    bool confined_ = false; // a unit test has no privileges to give up, and serves without filter
};

// The whole life of a worker. Answers --layout (hashes of tables and messages) and --version without a
// parent; otherwise expects the parent's channel on descriptor 3. Returns the exit status.
int run(int argc, char** argv, Proc self, const std::function<void(Worker&)>& serve);

} // namespace lns::worker
