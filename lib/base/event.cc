// SPDX-License-Identifier: ISC
#include "lib/base/event.h"

#include <event2/event.h>
#include <stdexcept>
#include <utility>

namespace lns {

EventLoop::EventLoop() : base_(event_base_new()) {
    if (base_ == nullptr) throw std::runtime_error("event_base_new failed");
}
EventLoop::~EventLoop() { event_base_free(base_); }
void EventLoop::run() { event_base_loop(base_, EVLOOP_NO_EXIT_ON_EMPTY); }
void EventLoop::run_once() { event_base_loop(base_, EVLOOP_ONCE); }
void EventLoop::stop() { event_base_loopbreak(base_); }

struct Watch::State {
    event* ev = nullptr;
    std::function<void()> call;

    ~State() {
        if (ev != nullptr) event_free(ev);
    }
    static void fire(int /*fd*/, short /*what*/, void* self) {
        // A copy: the callback may destroy its own watch.
        const std::function<void()> call = static_cast<State*>(self)->call;
        call();
    }
};

Watch::Watch(EventLoop& loop, int fd, short what, std::function<void()> call) : state_(std::make_unique<State>()) {
    state_->call = std::move(call);
    state_->ev = event_new(loop.base(), fd, what, &State::fire, state_.get());
    if (state_->ev == nullptr) throw std::runtime_error("event_new failed");
}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

ReadWatch::ReadWatch(EventLoop& loop, int fd, std::function<void()> call)
    : Watch(loop, fd, EV_READ | EV_PERSIST, std::move(call)) {
    event_add(state_->ev, nullptr);
}

WriteWatch::WriteWatch(EventLoop& loop, int fd, std::function<void()> call)
    : Watch(loop, fd, EV_WRITE | EV_PERSIST, std::move(call)) {}
void WriteWatch::enable() { event_add(state_->ev, nullptr); }
void WriteWatch::disable() { event_del(state_->ev); }

Timer::Timer(EventLoop& loop, std::function<void()> call) : Watch(loop, -1, 0, std::move(call)) {}
void Timer::arm(Clock::duration after) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(after).count();
    const auto bounded = us < 0 ? 0 : us;
    const timeval tv{static_cast<time_t>(bounded / 1000000), static_cast<suseconds_t>(bounded % 1000000)};
    event_add(state_->ev, &tv);
}
void Timer::cancel() { event_del(state_->ev); }

Deferred::Deferred(EventLoop& loop, std::function<void()> call) : Watch(loop, -1, 0, std::move(call)) {}
void Deferred::post() { event_active(state_->ev, EV_TIMEOUT, 0); }

SignalWatch::SignalWatch(EventLoop& loop, int signal, std::function<void()> call)
    : Watch(loop, signal, EV_SIGNAL | EV_PERSIST, std::move(call)) {
    event_add(state_->ev, nullptr);
}

} // namespace lns
