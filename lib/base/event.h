// SPDX-License-Identifier: ISC
// libevent behind owning types; no other header of the project includes it. One loop a process,
// callbacks run in its thread. Watches must not outlive their loop; destroying one inside its own
// callback is allowed.
#pragma once

#include <functional>
#include <memory>

#include "lib/base/clock.h"

struct event;
struct event_base;

namespace lns {

class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    void run();      // until stop()
    void run_once(); // waits for and runs one round of events
    void stop();
    event_base* base() { return base_; }

private:
    event_base* base_;
};

class Watch { // common to those below: an event and its callback
public:
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;
    ~Watch();

protected:
    struct State;
    Watch(EventLoop& loop, int fd, short what, std::function<void()> call);
    std::unique_ptr<State> state_;
};

class ReadWatch : public Watch { // calls while fd is readable
public:
    ReadWatch(EventLoop& loop, int fd, std::function<void()> call);
};

class WriteWatch : public Watch { // calls while fd is writable, between enable and disable
public:
    WriteWatch(EventLoop& loop, int fd, std::function<void()> call);
    void enable();
    void disable();
};

class Timer : public Watch { // calls once for each arm()
public:
    Timer(EventLoop& loop, std::function<void()> call);
    void arm(Clock::duration after); // replaces an earlier arm
    void cancel();
};

class Deferred : public Watch { // calls once, behind the events at hand, in the same round of the loop
public:
    Deferred(EventLoop& loop, std::function<void()> call);
    void post(); // once more before the call: no difference
};

class SignalWatch : public Watch {
public:
    SignalWatch(EventLoop& loop, int signal, std::function<void()> call);
};

} // namespace lns
