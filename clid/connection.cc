// SPDX-License-Identifier: ISC
#include "clid/connection.h"

#include <csignal>
#include <sys/socket.h>

extern "C" { // glibc 2.36 forgets to say so itself
#include <sys/pidfd.h>
}

#include "clid/service_request.h"
#include "lib/base/escape.h"
#include "lib/conf/access_list.h"
#include "lib/conf/typed_value.h"

namespace lns::clid {

namespace {

constexpr Clock::duration kEndWithin = std::chrono::seconds(5);
constexpr std::size_t kMaxLogLines = 256; // that wait for the child

} // namespace

Connection::Connection(Services services, Child child, Endpoint peer, DoorRules rules)
    : services_(services), child_(std::move(child)), peer_(peer), rules_(rules),
      channel_(Proc::cli, Proc::cli_child, std::move(child_.channel)), logged_in_(!rules.ask_login),
      privileged_(!rules.ask_enable), deadline_(services.loop, [this] { deadline_passed(); }) {
    channel_.on<imsg::CliLogin>([this](const imsg::CliLogin& question) { asked_login(question); });
    channel_.on<imsg::CliEnable>([this](const imsg::CliEnable& question) { asked_enable(question); });
    channel_.on<imsg::CliCommand>([this](const imsg::CliCommand& question) { asked_command(question); });
    channel_.on<imsg::CliSet>([this](const imsg::CliSet& question) { asked_set(question); });
    channel_.on<imsg::CliServices>([this](const imsg::CliServices& question) { asked_services(question); });
    channel_.on<imsg::CliAccessList>([this](const imsg::CliAccessList& question) { asked_access_list(question); });
    channel_.on<imsg::CliPlugin>([this](const imsg::CliPlugin& question) { asked_plugin(question); });
    channel_.on_closed([this] { end(); });
    channel_.on_violation([this](const std::string& why) {
        services_.counters.add(Counter::child_violations);
        log_warnx("%s: its child broke the rules: %s", who().c_str(), why.c_str());
        end();
    });
    channel_.attach(services_.loop);
    if (!logged_in_) deadline_.arm(services_.login_within);
}

Connection::~Connection() {
    services_.passwords.cancel(child_.number);
    services_.requests.cancel(child_.number);
    services_.log.leave(child_.number);
}

std::string Connection::who() const {
    return (user_.empty() ? std::string() : escape(user_) + " ") + "from " + to_string(peer_);
}

bool Connection::begin_question() {
    if (ending_) return false;
    if (question_open_) {
        services_.counters.add(Counter::child_violations);
        log_warnx("%s: its child asked again before it was answered", who().c_str());
        end();
        return false;
    }
    question_open_ = true;
    return true;
}

void Connection::answer(imsg::CliVerdict verdict, std::string_view text) {
    question_open_ = false;
    channel_.send(imsg::CliAnswer{verdict, text});
}

void Connection::asked_login(const imsg::CliLogin& question) {
    if (!begin_question()) return;
    if (logged_in_) return send_away("is logged in already");
    const std::string user = question.user.str();
    services_.passwords.submit({child_.number, peer_.address, false, user, Secret(question.password.view())},
                               [this, user](bool right) { login_judged(user, right); });
}

void Connection::login_judged(const std::string& user, bool right) {
    if (!right) {
        services_.counters.add(Counter::logins_failed);
        log_warnx("login of \"%s\" from %s failed", escape(user).c_str(), to_string(peer_).c_str());
        return refuse_after_failure();
    }
    services_.counters.add(Counter::logins);
    logged_in_ = true;
    user_ = user;
    failures_ = 0;
    deadline_.cancel();
    log_info("%s logged in", who().c_str());
    answer(imsg::CliVerdict::done, "");
}

void Connection::asked_enable(const imsg::CliEnable& question) {
    if (!begin_question()) return;
    if (!logged_in_) return send_away("is not logged in");
    if (privileged_) return answer(imsg::CliVerdict::done, "");
    if (!rules_.enable_possible) {
        services_.counters.add(Counter::enables_failed);
        log_warnx("%s: enable refused, there is no enable password", who().c_str());
        return answer(imsg::CliVerdict::failed, "There is no enable password: enable works on loopback only");
    }
    services_.passwords.submit({child_.number, peer_.address, true, "", Secret(question.password.view())},
                               [this](bool right) { enable_judged(right); });
}

void Connection::enable_judged(bool right) {
    if (!right) {
        services_.counters.add(Counter::enables_failed);
        log_warnx("%s: wrong enable password", who().c_str());
        return refuse_after_failure();
    }
    services_.counters.add(Counter::enables);
    privileged_ = true;
    failures_ = 0;
    log_info("%s enabled", who().c_str());
    answer(imsg::CliVerdict::done, "");
}

void Connection::refuse_after_failure() {
    if (++failures_ < kMaxFailures) return answer(imsg::CliVerdict::failed, "");
    answer(imsg::CliVerdict::goodbye, "Too many wrong passwords");
    end();
}

void Connection::asked_command(const imsg::CliCommand& question) {
    if (!begin_question()) return;
    // libcli in the child does not let it come to this: the child is not what it should be.
    if (!logged_in_ || !may(question)) return send_away("has no privilege for that");
    forward(question);
}

// The parent logs the value, unless it is a secret.
void Connection::asked_set(const imsg::CliSet& question) {
    if (!begin_question()) return;
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
    services_.counters.add(Counter::commands);
    const conf::ConfigKey* key = conf::key_at(question.key);
    log_info("%s: set %s", who().c_str(), key == nullptr ? "an unknown key" : key->name.data());
    services_.requests.set_key(child_.number, question, [this](RequestResult result) { forwarded(std::move(result)); });
}

// Who asked for an interception can be held to account: sessiond logs for whom, and what came of it.
void Connection::asked_services(const imsg::CliServices& question) {
    if (!begin_question()) return;
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
    services_.counters.add(Counter::commands);
    log_warnx("%s: %s", who().c_str(), describe_service_change(question).c_str());
    services_.requests.change_services(child_.number, question,
                                       [this](RequestResult result) { forwarded(std::move(result)); });
}

void Connection::asked_access_list(const imsg::CliAccessList& question) {
    if (!begin_question()) return;
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
    services_.counters.add(Counter::commands);
    const imsg::AccessListChange& change = question.change;
    const bool rule = change.verb == imsg::AccessListVerb::add_rule;
    const char* verb = change.verb == imsg::AccessListVerb::remove ? "no " : "";
    log_info("%s: %sip access-list %s %s%s", who().c_str(), verb, conf::to_string(change.kind).data(),
             escape(change.name.view()).c_str(), rule ? (": " + conf::print(change.kind, change.rule)).c_str() : "");
    services_.requests.edit_access_list(child_.number, question,
                                        [this](RequestResult result) { forwarded(std::move(result)); });
}

void Connection::asked_plugin(const imsg::CliPlugin& question) {
    if (!begin_question()) return;
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
    services_.counters.add(Counter::commands);
    log_info("%s: %s plugin %s", who().c_str(), question.remove != 0 ? "remove" : "load",
             escape(question.name.view()).c_str());
    services_.requests.change_plugin(child_.number, question,
                                     [this](RequestResult result) { forwarded(std::move(result)); });
}

// Everybody may look at access lists, and at the log but for the packets: passwords may be in them.
bool Connection::may(const imsg::CliCommand& question) const {
    const bool harmless =
        question.verb == imsg::CliVerb::follow_log && question.argument <= static_cast<std::uint32_t>(LogLevel::packet);
    return privileged_ || harmless || question.verb == imsg::CliVerb::show_access_lists;
}

void Connection::forward(const imsg::CliCommand& question) {
    const auto reply = [this](RequestResult result) { forwarded(std::move(result)); };
    const auto noted = [this](const char* what) {
        services_.counters.add(Counter::commands);
        log_info("%s: %s", who().c_str(), what);
    };
    const auto number = std::to_string(question.argument);
    switch (question.verb) {
    case imsg::CliVerb::drop_session:
        noted(("drop session " + number).c_str());
        return services_.requests.drop_session(child_.number, SessionIndex{question.argument},
                                               Generation{question.generation}, reply);
    case imsg::CliVerb::drop_tunnel:
        if (question.argument > UINT16_MAX) break;
        noted(("drop tunnel " + number).c_str());
        return services_.requests.drop_tunnel(child_.number, TunnelId{static_cast<std::uint16_t>(question.argument)},
                                              reply);
    case imsg::CliVerb::restart:
        if (question.argument > static_cast<std::uint32_t>(Proc::any)) break;
        log_info("%s: restart %s", who().c_str(), proc_name(static_cast<Proc>(question.argument)).data());
        return services_.requests.restart(child_.number, static_cast<Proc>(question.argument), reply);
    case imsg::CliVerb::show_running:
        noted("show running-config");
        return services_.requests.show_running(child_.number, false, reply);
    case imsg::CliVerb::show_access_lists:
        return services_.requests.show_running(child_.number, true, reply);
    case imsg::CliVerb::write_memory:
        noted("write memory");
        return services_.requests.write_memory(child_.number, reply);
    case imsg::CliVerb::reload:
        noted("reload");
        return services_.requests.reload(child_.number, reply);
    case imsg::CliVerb::drain:
    case imsg::CliVerb::no_drain:
        noted(question.verb == imsg::CliVerb::drain ? "drain" : "no drain");
        return services_.requests.set_drain(child_.number, question.verb == imsg::CliVerb::drain, reply);
    case imsg::CliVerb::clear_counters:
        noted("clear counters");
        services_.clear_counters();
        return answer(imsg::CliVerdict::done, "");
    case imsg::CliVerb::shutdown:
        noted("shutdown");
        return services_.requests.shutdown(child_.number, reply);
    case imsg::CliVerb::follow_log:
        follow_log(question.argument);
        return answer(imsg::CliVerdict::done, "");
    }
    send_away("asked for what there is not");
}

void Connection::follow_log(std::uint32_t wish) {
    if (wish == 0) return services_.log.leave(child_.number);
    services_.log.follow(child_.number, wish - 1, [this](const imsg::LogCopy& line) { pass_on(line); });
}

// He may be busy with a long list, or not read at all: what does not fit is lost, and he is told.
void Connection::pass_on(const imsg::LogCopy& line) {
    log_lines_lost_ += line.lost;
    const bool room = channel_.queued() < kMaxLogLines;
    if (room && channel_.send(imsg::CliLogLine{line.level, log_lines_lost_, line.text}))
        log_lines_lost_ = 0;
    else
        ++log_lines_lost_;
}

void Connection::forwarded(RequestResult result) {
    if (!result.document) return answer(result.failed ? imsg::CliVerdict::failed : imsg::CliVerdict::done, result.text);
    question_open_ = false;
    channel_.send(imsg::CliDocument{result.document_bytes, result.failed}, std::move(result.document));
}

void Connection::send_away(const char* why) {
    services_.counters.add(Counter::commands_refused);
    log_warnx("%s: its child %s: connection ended", who().c_str(), why);
    answer(imsg::CliVerdict::goodbye, "Not allowed");
    end();
}

// The child sees the end of its input, or has left already; it is reaped by the master.
void Connection::end() {
    if (ending_) return;
    ending_ = true;
    shutdown(child_.socket.get(), SHUT_RD);
    deadline_.arm(kEndWithin);
}

void Connection::deadline_passed() {
    if (ending_) {
        log_warnx("%s: its child does not end: killed", who().c_str());
        pidfd_send_signal(child_.process.get(), SIGKILL, nullptr, 0);
        return;
    }
    services_.counters.add(Counter::logins_timed_out);
    log_info("%s: nobody logged in", who().c_str());
    end();
}

} // namespace lns::clid
