// SPDX-License-Identifier: ISC
#include "clid/connection.h"

#include <csignal>
#include <sys/socket.h>

#include "lib/base/escape.h"
#include "lib/conf/typed_value.h"

namespace lns::clid {

namespace {

constexpr Clock::duration kEndWithin = std::chrono::seconds(5);

} // namespace

Connection::Connection(Services services, Child child, Endpoint peer, DoorRules rules)
    : services_(services), child_(std::move(child)), peer_(peer), rules_(rules),
      channel_(Proc::cli, Proc::cli_child, std::move(child_.channel)), logged_in_(!rules.ask_login),
      privileged_(!rules.ask_enable), deadline_(services.loop, [this] { deadline_passed(); }) {
    channel_.on<imsg::CliLogin>([this](const imsg::CliLogin& question) { asked_login(question); });
    channel_.on<imsg::CliEnable>([this](const imsg::CliEnable& question) { asked_enable(question); });
    channel_.on<imsg::CliCommand>([this](const imsg::CliCommand& question) { asked_command(question); });
    channel_.on<imsg::CliSet>([this](const imsg::CliSet& question) { asked_set(question); });
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
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
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

void Connection::asked_plugin(const imsg::CliPlugin& question) {
    if (!begin_question()) return;
    if (!logged_in_ || !privileged_) return send_away("has no privilege for that");
    services_.counters.add(Counter::commands);
    log_info("%s: %s plugin %s", who().c_str(), question.remove != 0 ? "remove" : "load",
             escape(question.name.view()).c_str());
    services_.requests.change_plugin(child_.number, question,
                                     [this](RequestResult result) { forwarded(std::move(result)); });
}

void Connection::forward(const imsg::CliCommand& question) {
    const auto reply = [this](RequestResult result) { forwarded(std::move(result)); };
    services_.counters.add(Counter::commands);
    switch (question.verb) {
    case imsg::CliVerb::drop_session:
        log_info("%s: drop session %u", who().c_str(), question.argument);
        return services_.requests.drop_session(child_.number, SessionIndex{question.argument}, reply);
    case imsg::CliVerb::drop_tunnel:
        if (question.argument > UINT16_MAX) break;
        log_info("%s: drop tunnel %u", who().c_str(), question.argument);
        return services_.requests.drop_tunnel(child_.number, TunnelId{static_cast<std::uint16_t>(question.argument)},
                                              reply);
    case imsg::CliVerb::show_running:
        log_info("%s: show running-config", who().c_str());
        return services_.requests.show_running(child_.number, reply);
    case imsg::CliVerb::write_memory:
        log_info("%s: write memory", who().c_str());
        return services_.requests.write_memory(child_.number, reply);
    case imsg::CliVerb::reload:
        log_info("%s: reload", who().c_str());
        return services_.requests.reload(child_.number, reply);
    }
    send_away("asked for what there is not");
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
        // Not reaped yet, so the number is still its own.
        log_warnx("%s: its child does not end: killed", who().c_str());
        if (child_.pid > 0) kill(child_.pid, SIGKILL);
        return;
    }
    services_.counters.add(Counter::logins_timed_out);
    log_info("%s: nobody logged in", who().c_str());
    end();
}

} // namespace lns::clid
