// SPDX-License-Identifier: ISC
#include "clid/control_post.h"

#include <array>
#include <csignal>
#include <sys/wait.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

#include "clid/service_request.h"
#include "lib/base/escape.h"

namespace lns::clid {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kPause = 1s;           // before it is started again
constexpr Clock::duration kBetweenRefusals = 1s; // a stranger must not fill the log

struct Event {
    imsg::ControlEvent event;
    Counter counter;
    const char* text;
};

constexpr std::array kEvents{
    Event{imsg::ControlEvent::request, Counter::control_requests, "asked"},
    Event{imsg::ControlEvent::repeated, Counter::control_repeated, "asked again"},
    Event{imsg::ControlEvent::remote, Counter::control_refused_remote,
          "refused: without control_secret only the loopback address is served"},
    Event{imsg::ControlEvent::malformed, Counter::control_malformed, "refused: not a request"},
    Event{imsg::ControlEvent::wrong_secret, Counter::control_wrong_secret, "refused: wrong secret"},
    Event{imsg::ControlEvent::stale, Counter::control_stale, "refused: not of this time"},
    Event{imsg::ControlEvent::busy, Counter::control_busy, "refused: too many requests"},
};

} // namespace

ControlPost::ControlPost(EventLoop& loop, RequestDesk& requests, shm::CounterWords& counters, Start start)
    : loop_(loop), requests_(requests), counters_(counters), start_(std::move(start)),
      again_(loop, [this] { this->start(); }) {}

ControlPost::~ControlPost() {
    requests_.cancel(kNumber);
    end_process();
}

void ControlPost::start() {
    auto [ours, theirs] = imsg::channel_pair();
    channel_ = std::make_unique<imsg::Channel>(Proc::cli, Proc::cli_child, std::move(ours));
    channel_->on<imsg::CliCommand>([this](const imsg::CliCommand& question) { asked(question); });
    channel_->on<imsg::CliServices>([this](const imsg::CliServices& question) { asked_services(question); });
    channel_->on<imsg::ControlSeen>([this](const imsg::ControlSeen& body) { seen(body); });
    channel_->on_violation([this](const std::string& why) { give_up(why); });
    channel_->attach(loop_);
    process_ = start_(std::move(theirs));
    if (process_.pid < 0) again_.arm(kPause);
}

void ControlPost::restart() { end_process(); } // process_ended() follows

void ControlPost::end_process() {
    if (process_.process) pidfd_send_signal(process_.process.get(), SIGKILL, nullptr, 0);
}

bool ControlPost::process_ended(pid_t pid, int status) {
    if (pid != process_.pid || pid <= 0) return false;
    process_ = {};
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
        counters_.add(Counter::children_crashed);
        log_error("the process of the control port died by signal %d", WTERMSIG(status));
    }
    requests_.cancel(kNumber);
    again_.arm(kPause);
    return true;
}

void ControlPost::asked(const imsg::CliCommand& question) {
    if (question.verb != imsg::CliVerb::drop_session) return give_up("asks for what the port has not");
    counters_.add(Counter::commands);
    requests_.drop_session(kNumber, SessionIndex{question.argument}, Generation{question.generation},
                           [this](const RequestResult& result) { answer(result); });
}

void ControlPost::asked_services(const imsg::CliServices& question) {
    constexpr std::uint32_t kFilters = imsg::kNamedFilterIn | imsg::kNamedFilterOut;
    if ((question.change.named & kFilters) != 0) return give_up("asks for what the port has not");
    counters_.add(Counter::commands);
    log_warnx("nsctl: %s", describe_service_change(question).c_str());
    requests_.change_services(kNumber, question, [this](const RequestResult& result) { answer(result); });
}

void ControlPost::answer(const RequestResult& result) {
    const auto verdict = result.failed ? imsg::CliVerdict::failed : imsg::CliVerdict::done;
    channel_->send(imsg::CliAnswer{verdict, std::string_view(result.text)});
}

void ControlPost::seen(const imsg::ControlSeen& seen) {
    for (const Event& event : kEvents) {
        if (event.event != seen.event) continue;
        counters_.add(event.counter);
        const bool request = seen.event == imsg::ControlEvent::request;
        const MonoTime now = Clock::now();
        if (!request && now - refusal_logged_ < kBetweenRefusals) return;
        if (!request) refusal_logged_ = now;
        const std::string who = to_string(Endpoint{seen.address, static_cast<std::uint16_t>(seen.port)});
        if (request)
            log_info("nsctl from %s: %s", who.c_str(), escape(seen.words.view()).c_str());
        else
            log_warnx("nsctl from %s: %s", who.c_str(), event.text);
        return;
    }
    give_up("reports what there is not");
}

void ControlPost::give_up(const std::string& why) {
    counters_.add(Counter::child_violations);
    log_warnx("the process of the control port broke the rules: %s", why.c_str());
    restart();
}

} // namespace lns::clid
