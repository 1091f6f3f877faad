// SPDX-License-Identifier: ISC
// Keeps every worker running: starts, pings, ends and restarts them, and connects them to each other.
// Whoever speaks out of turn is ended; whoever ends is started again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/backoff.h"
#include "l2tpnsd/child_process.h"
#include "l2tpnsd/output_pipe.h"
#include "l2tpnsd/shared_tables.h"
#include "l2tpnsd/start_kit.h"
#include "lib/base/event.h"
#include "lib/imsg/channel.h"

namespace lns::parent {

class Supervisor {
public:
    struct Setup {
        std::string libexecdir;
        std::vector<WorkerId> workers;
        const Accounts* accounts = nullptr;
        const Inventory* inventory = nullptr;
        SharedTables* tables = nullptr;
        std::string record_file; // of the instance: which workers there are stands there
        std::string tun;
        // Between two looks at the workers: one that does not answer five, or is not ready after 30, is ended.
        Clock::duration round = std::chrono::seconds(2);
    };
    Supervisor(EventLoop& loop, Setup setup);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    // Called for each new channel, to set the handlers of what only some workers send (routes, ...).
    // Ready, Pong, Violation are set already.
    void on_channel(std::function<void(imsg::Channel&, const WorkerId&)> call) { new_channel_ = std::move(call); }
    // Called when a worker has ended, before it is started again.
    void on_end(std::function<void(const WorkerId&)> call) { ended_ = std::move(call); }

    // Called whenever a worker has said that it serves.
    void on_ready(std::function<void(const WorkerId&)> call) { ready_ = std::move(call); }
    // Called once, when every worker has said for the first time that it serves.
    void on_serving(std::function<void()> call) { all_serve_ = std::move(call); }

    void start();
    // Ends all workers for good and waits for that: SIGTERM, and SIGKILL for those that linger.
    void end_all();
    // The heartbeat that a successor judges the tables by.
    void mark_alive() { publish_parent(); }
    // Lets go of them: they notice, and serve on by themselves.
    void abandon();

    // Ends the workers of that kind, one after the other, and starts what is installed now in their place.
    void swap(Proc proc);

    // To every worker that serves: the config snapshot has a new generation.
    void tell_config_changed(std::uint64_t generation);
    // nullptr while that worker does not run.
    imsg::Channel* channel(const WorkerId& worker);
    // nullptr also while it starts, and knows only the messages of that.
    imsg::Channel* serving(const WorkerId& worker);

private:
    struct Slot {
        WorkerId id;
        std::size_t record_slot = 0; // in the processes table
        std::string name;            // for the log
        Account account;
        std::optional<ChildProcess> child;
        std::unique_ptr<imsg::Channel> channel;
        std::unique_ptr<OutputPipe> output;
        std::unique_ptr<ReadWatch> exit_watch;
        std::unique_ptr<Timer> restart;
        Backoff backoff;
        shm::ProcessRecord record;
        MonoTime started{};
        std::uint64_t start_ticks = 0; // of the process, as the record has it
        bool ready = false;
        unsigned unanswered = 0; // pings; of one that is not ready: rounds since its start
        std::string why_killed;
        bool to_swap = false;
        bool swapping = false; // asked to end for that
    };
    void launch(Slot& slot);
    bool spawn(Slot& slot);
    void set_handlers(Slot& slot);
    void link(Slot& a, Slot& b);
    void complete(Slot& slot);
    void relaunch(Slot& slot);
    void reaped(Slot& slot);
    void schedule(Slot& slot, const std::string& cause);
    void accuse(Slot& accuser, const imsg::Violation& violation);
    void kill(Slot& slot, const std::string& why);
    void note_serving();
    void check_all();
    void check(Slot& slot);
    void publish(Slot& slot);
    void publish_parent();
    void measure_tables();
    void write_record();
    void swap_next();
    Slot* find(const WorkerId& worker);

    EventLoop& loop_;
    Setup setup_;
    std::vector<std::unique_ptr<Slot>> slots_;
    Slot* swapped_ = nullptr; // the swap under way: until it serves again
    std::function<void(imsg::Channel&, const WorkerId&)> new_channel_;
    std::function<void(const WorkerId&)> ended_;
    std::function<void(const WorkerId&)> ready_;
    std::function<void()> all_serve_; // called: none any more
    Timer ping_timer_;
    std::uint64_t ping_sequence_ = 0;
    MonoTime began_;
};

} // namespace lns::parent
