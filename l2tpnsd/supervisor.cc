// SPDX-License-Identifier: ISC
#include "l2tpnsd/supervisor.h"

#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

#include "l2tpnsd/instance_record.h"
#include "l2tpnsd/process_memory.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

constexpr unsigned kUnansweredPings = 5; // counted, not timed: a parent that was stopped itself kills nobody
constexpr unsigned kRoundsToStart = 30;
constexpr std::chrono::seconds kTimeToEnd{2};

std::string name_of(const WorkerId& worker) {
    std::string name(proc_name(worker.proc));
    if (find_row(worker.proc)->count != Count::one) name += "/" + std::to_string(worker.instance);
    return name;
}

} // namespace

Supervisor::Supervisor(EventLoop& loop, Setup setup)
    : loop_(loop), setup_(std::move(setup)), ping_timer_(loop, [this] { check_all(); }), began_(Clock::now()) {
    for (const WorkerId& worker : setup_.workers) {
        auto slot = std::make_unique<Slot>();
        slot->id = worker;
        slot->name = name_of(worker);
        slot->account = setup_.accounts->of(worker.proc);
        slot->restart = std::make_unique<Timer>(loop, [this, s = slot.get()] { relaunch(*s); });
        slots_.push_back(std::move(slot));
        slots_.back()->record_slot = slots_.size();
    }
}

Supervisor::~Supervisor() { end_all(); }

void Supervisor::start() {
    publish_parent();
    for (auto& slot : slots_)
        launch(*slot);
    for (std::size_t i = 0; i < slots_.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            link(*slots_[i], *slots_[j]);
    for (auto& slot : slots_)
        complete(*slot);
    measure_tables();
    ping_timer_.arm(setup_.round);
}

void Supervisor::relaunch(Slot& slot) {
    ++slot.record.restarts;
    launch(slot);
    for (auto& other : slots_)
        if (other.get() != &slot) link(slot, *other);
    complete(slot);
}

bool Supervisor::spawn(Slot& slot) {
    auto [ours, theirs] = imsg::channel_pair();
    slot.output = std::make_unique<OutputPipe>(loop_, slot.name);
    const std::string program = setup_.libexecdir + "/" + std::string(proc_name(slot.id.proc));
    auto child = ChildProcess::start(program, std::move(theirs), slot.output->take_write_end());
    if (!child) {
        log_error("%s: %s", slot.name.c_str(), child.error().message.c_str());
        slot.output.reset();
        return false;
    }
    slot.child = std::move(*child);
    slot.start_ticks = start_time_of(slot.child->pid());
    write_record();
    slot.channel = std::make_unique<imsg::Channel>(Proc::parent, slot.id.proc, std::move(ours), slot.id.instance);
    return true;
}

void Supervisor::launch(Slot& slot) {
    slot.started = Clock::now();
    slot.ready = false;
    slot.unanswered = 0;
    slot.why_killed.clear();
    if (!spawn(slot)) {
        schedule(slot, "could not be started");
        return;
    }
    slot.record.state = shm::ProcessState::starting;
    publish(slot);
    slot.exit_watch = std::make_unique<ReadWatch>(loop_, slot.child->pidfd(), [this, s = &slot] { reaped(*s); });
    set_handlers(slot);
    if (new_channel_) new_channel_(*slot.channel, slot.id);
    slot.channel->attach(loop_);
    if (!send_start_kit(*slot.channel, slot.id, slot.account, *setup_.inventory)) kill(slot, "did not take its start");
}

void Supervisor::set_handlers(Slot& slot) {
    Slot* s = &slot;
    slot.channel->on<imsg::Ready>([this, s](const imsg::Ready&) {
        if (s->ready) return kill(*s, "is ready twice");
        s->ready = true;
        s->unanswered = 0;
        s->record.state = shm::ProcessState::running;
        publish(*s);
        log_info("%s runs, pid %d", s->name.c_str(), static_cast<int>(s->child->pid()));
        if (ready_) ready_(s->id);
        note_serving();
        if (swapped_ != s) return;
        swapped_ = nullptr;
        swap_next();
    });
    slot.channel->on<imsg::Pong>([s](const imsg::Pong&) {
        s->unanswered = 0;
        s->record.heartbeat = Clock::now();
    });
    slot.channel->on<imsg::Violation>([this, s](const imsg::Violation& v) { accuse(*s, v); });
    slot.channel->on_violation([this, s](const std::string& why) { kill(*s, why); });
    // As a rule it has ended already, and the cause is its exit status; otherwise it must not go on.
    slot.channel->on_closed([s] { s->child->signal(SIGKILL); });
}

void Supervisor::note_serving() {
    if (!all_serve_ || !std::ranges::all_of(slots_, [](const auto& slot) { return slot->ready; })) return;
    std::exchange(all_serve_, {})();
}

void Supervisor::link(Slot& a, Slot& b) {
    if (!a.channel || !b.channel || !are_peers(a.id.proc, b.id.proc)) return;
    auto [end_of_a, end_of_b] = imsg::channel_pair();
    if (!send_peer(*a.channel, b.id, std::move(end_of_a))) kill(a, "does not read its channel");
    if (!send_peer(*b.channel, a.id, std::move(end_of_b))) kill(b, "does not read its channel");
}

void Supervisor::complete(Slot& slot) {
    if (slot.channel && !send_start_done(*slot.channel)) kill(slot, "did not take its start");
}

void Supervisor::reaped(Slot& slot) {
    slot.channel->receive_pending(); // its last words
    slot.output->finish();
    const std::string how = slot.child->reap();
    const bool swapped = std::exchange(slot.swapping, false) && slot.why_killed.empty();
    const std::string cause = swapped ? "restarted on request" : slot.why_killed.empty() ? how : slot.why_killed;
    log_at(swapped ? LogLevel::info : LogLevel::error, "%s (pid %d) ended: %s", slot.name.c_str(),
           static_cast<int>(slot.child->pid()), cause.c_str());
    slot.exit_watch.reset();
    slot.channel.reset();
    slot.output.reset();
    slot.child.reset();
    write_record();
    if (ended_) ended_(slot.id);
    if (!swapped) return schedule(slot, cause);
    slot.record.last_exit.assign(std::string_view(cause));
    relaunch(slot);
}

void Supervisor::schedule(Slot& slot, const std::string& cause) {
    const auto delay = slot.backoff.died(Clock::now() - slot.started);
    slot.record.state = shm::ProcessState::backing_off;
    slot.record.last_exit.assign(std::string_view(cause));
    publish(slot);
    if (delay > Clock::duration::zero())
        log_error("%s is started again in %lld ms", slot.name.c_str(),
                  static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(delay).count()));
    slot.restart->arm(delay);
}

void Supervisor::accuse(Slot& accuser, const imsg::Violation& violation) {
    Slot* accused = find({violation.proc, violation.instance});
    if (accused == nullptr || !are_peers(accuser.id.proc, violation.proc)) {
        kill(accuser, "accuses a process that it has no channel to");
        return;
    }
    kill(*accused, accuser.name + " reports: " + violation.why.str());
}

void Supervisor::kill(Slot& slot, const std::string& why) {
    if (!slot.child || !slot.why_killed.empty()) return;
    slot.why_killed = why;
    slot.child->signal(SIGKILL);
}

void Supervisor::check_all() {
    ++ping_sequence_;
    publish_parent();
    for (auto& slot : slots_)
        check(*slot);
    measure_tables();
    ping_timer_.arm(setup_.round);
}

void Supervisor::check(Slot& slot) {
    if (!slot.channel) return;
    ++slot.unanswered;
    if (slot.ready) {
        if (slot.unanswered > kUnansweredPings)
            kill(slot, "no answer for 10 s");
        else
            slot.channel->send(imsg::Ping{ping_sequence_});
    } else if (slot.unanswered > kRoundsToStart) {
        kill(slot, "not ready after 60 s");
    }
    publish(slot);
}

void Supervisor::publish(Slot& slot) {
    shm::ProcessRecord& record = slot.record;
    record.proc = static_cast<std::uint8_t>(slot.id.proc);
    record.instance = slot.id.instance;
    record.pid = slot.child ? static_cast<std::uint32_t>(slot.child->pid()) : 0;
    record.memory = slot.child ? memory_of(slot.child->pid()).value_or(0) : 0;
    record.uid = slot.account.uid;
    record.user.assign(std::string_view(slot.account.user));
    record.started = slot.started;
    record.messages_in = slot.channel ? slot.channel->stats().received : 0;
    record.messages_out = slot.channel ? slot.channel->stats().sent : 0;
    record.queued = slot.channel ? static_cast<std::uint32_t>(slot.channel->queued()) : 0;
    setup_.tables->set_process(slot.record_slot, record);
}

void Supervisor::publish_parent() {
    shm::ProcessRecord record;
    record.proc = static_cast<std::uint8_t>(Proc::parent);
    record.user.assign(std::string_view("root"));
    record.state = shm::ProcessState::running;
    record.pid = static_cast<std::uint32_t>(getpid());
    record.memory = memory_of(getpid()).value_or(0);
    record.started = began_;
    record.heartbeat = Clock::now();
    setup_.tables->set_process(0, record);
}

void Supervisor::measure_tables() {
    std::uint64_t maps = 0;
    for (const HeldMap& map : setup_.inventory->maps)
        maps += map.bytes;
    setup_.tables->measure(maps);
}

Supervisor::Slot* Supervisor::find(const WorkerId& worker) {
    const auto at = std::ranges::find_if(slots_, [&](const auto& slot) { return slot->id == worker; });
    return at == slots_.end() ? nullptr : at->get();
}

imsg::Channel* Supervisor::channel(const WorkerId& worker) {
    Slot* slot = find(worker);
    return slot != nullptr && slot->channel && slot->channel->is_open() ? slot->channel.get() : nullptr;
}

imsg::Channel* Supervisor::serving(const WorkerId& worker) {
    const Slot* slot = find(worker);
    return slot != nullptr && slot->ready ? channel(worker) : nullptr;
}

void Supervisor::tell_config_changed(std::uint64_t generation) {
    for (auto& slot : slots_)
        if (slot->channel) slot->channel->send(imsg::ConfigChanged{generation});
}

// It must never name a process that is not ours: it is written before a worker is given anything, and after it ended.
void Supervisor::write_record() {
    InstanceRecord record{shm::boot_id(), network_namespace(), setup_.tun, {}};
    for (const auto& slot : slots_)
        if (slot->child) record.workers.push_back({slot->id, slot->child->pid(), slot->start_ticks});
    const auto written = parent::write_record(setup_.record_file, record);
    if (!written) log_error("%s", written.error().message.c_str());
}

void Supervisor::swap(Proc proc) {
    for (auto& slot : slots_)
        if (slot->id.proc == proc) slot->to_swap = true;
    swap_next();
}

// One at a time. One that does not run is started anew anyway; one that does not obey is found by its missing pongs.
void Supervisor::swap_next() {
    for (auto& slot : slots_) {
        if (swapped_ != nullptr) return;
        if (!std::exchange(slot->to_swap, false) || !slot->child) continue;
        slot->swapping = true;
        slot->child->signal(SIGTERM);
        swapped_ = slot.get();
    }
}

void Supervisor::abandon() {
    publish_parent();
    ping_timer_.cancel();
    slots_.clear();
}

void Supervisor::end_all() {
    ping_timer_.cancel();
    for (auto& slot : slots_) {
        slot->restart->cancel();
        slot->exit_watch.reset();
        if (slot->child) slot->child->signal(SIGTERM);
    }
    const MonoTime deadline = Clock::now() + kTimeToEnd;
    for (auto& slot : slots_) {
        if (!slot->child) continue;
        if (!ended_by(slot->child->pidfd(), deadline)) slot->child->signal(SIGKILL);
        slot->channel->receive_pending();
        slot->output->finish();
        slot->child->reap();
        slot->channel.reset();
        slot->output.reset();
        slot->child.reset();
        slot->record.state = shm::ProcessState::absent;
    }
}

} // namespace lns::parent
