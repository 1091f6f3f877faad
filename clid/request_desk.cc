// SPDX-License-Identifier: ISC
#include "clid/request_desk.h"

#include <utility>
#include <vector>

#include "clid/counters.h"

namespace lns::clid {

RequestDesk::RequestDesk(worker::Worker& worker, Clock::duration answer_within)
    : worker_(worker), answer_within_(answer_within), timer_(worker.loop(), [this] { give_up_late(); }) {
    listen_to(worker_.parent(), Proc::parent);
    worker_.parent().on<imsg::Document>([this](const imsg::Document& body, UniqueFd file) {
        finish(Proc::parent, body.request, {body.failed != 0, "", std::move(file), body.bytes});
    });
    worker_.on_peer(Proc::session, [this](imsg::Channel& channel) {
        give_up_all(Proc::session); // a new one knows nothing of what its predecessor was asked
        listen_to(channel, Proc::session);
    });
}

void RequestDesk::listen_to(imsg::Channel& channel, Proc from) {
    channel.on<imsg::CommandResult>([this, from](const imsg::CommandResult& body) {
        finish(from, body.request, {body.failed != 0, body.text.str(), {}, 0});
    });
}

template <class Question>
void RequestDesk::ask(Proc whom, std::uint32_t connection, Question question, Answer answer) {
    imsg::Channel* channel = whom == Proc::parent ? &worker_.parent() : worker_.peer(whom);
    const std::uint32_t request = ++last_request_;
    question.request = request;
    if (channel == nullptr || !channel->send(question)) {
        answer({true, std::string(proc_name(whom)) + " cannot be reached", {}, 0});
        return;
    }
    open_.emplace(request, Open{connection, whom, Clock::now() + answer_within_, std::move(answer)});
    arm();
}

void RequestDesk::drop_session(std::uint32_t connection, SessionIndex session, Generation generation, Answer answer) {
    ask(Proc::session, connection, imsg::DropSession{0, raw(session), raw(generation), 0}, std::move(answer));
}

void RequestDesk::change_services(std::uint32_t connection, const imsg::CliServices& wish, Answer answer) {
    ask(Proc::session, connection, imsg::ChangeServices{0, wish.session, wish.generation, wish.change},
        std::move(answer));
}

void RequestDesk::drop_tunnel(std::uint32_t connection, TunnelId tunnel, Answer answer) {
    ask(Proc::session, connection, imsg::DropTunnel{0, raw(tunnel)}, std::move(answer));
}

void RequestDesk::restart(std::uint32_t connection, Proc proc, Answer answer) {
    ask(Proc::parent, connection, imsg::RestartProcess{0, proc, {}}, std::move(answer));
}

void RequestDesk::set_drain(std::uint32_t connection, bool on, Answer answer) {
    ask(Proc::session, connection, imsg::SetDrain{0, on}, std::move(answer));
}

void RequestDesk::shutdown(std::uint32_t connection, Answer answer) {
    ask(Proc::parent, connection, imsg::Shutdown{0, 0}, std::move(answer));
}

void RequestDesk::show_running(std::uint32_t connection, bool only_access_lists, Answer answer) {
    ask(Proc::parent, connection, imsg::ShowRunning{0, only_access_lists}, std::move(answer));
}

void RequestDesk::edit_access_list(std::uint32_t connection, const imsg::CliAccessList& wish, Answer answer) {
    ask(Proc::parent, connection, imsg::EditAccessList{0, wish.change}, std::move(answer));
}

void RequestDesk::write_memory(std::uint32_t connection, Answer answer) {
    ask(Proc::parent, connection, imsg::WriteMemory{0, 0}, std::move(answer));
}

void RequestDesk::reload(std::uint32_t connection, Answer answer) {
    ask(Proc::parent, connection, imsg::ReloadConfig{0, 0}, std::move(answer));
}

void RequestDesk::set_key(std::uint32_t connection, const imsg::CliSet& wish, Answer answer) {
    ask(Proc::parent, connection,
        imsg::SetKey{0, wish.table_hash, wish.key, wish.kind, wish.number, wish.address, wish.text}, std::move(answer));
}

void RequestDesk::change_plugin(std::uint32_t connection, const imsg::CliPlugin& wish, Answer answer) {
    ask(Proc::parent, connection, imsg::ChangePlugin{0, wish.remove, wish.name}, std::move(answer));
}

void RequestDesk::cancel(std::uint32_t connection) {
    std::erase_if(open_, [=](const auto& entry) { return entry.second.connection == connection; });
}

void RequestDesk::finish(Proc from, std::uint32_t request, RequestResult result) {
    const auto found = open_.find(request);
    if (found == open_.end() || found->second.asked != from) {
        log_debug("%s answered request %u, which nobody waits for", proc_name(from).data(), request);
        return;
    }
    const Answer answer = std::move(found->second.answer);
    open_.erase(found);
    answer(std::move(result));
}

void RequestDesk::give_up_late() {
    const MonoTime now = Clock::now();
    while (!open_.empty() && open_.begin()->second.deadline <= now) {
        const Open late = std::move(open_.begin()->second);
        open_.erase(open_.begin());
        worker_.counters().add(Counter::commands_unanswered);
        const std::string text = std::string(proc_name(late.asked)) + " did not answer";
        log_warnx("%s", text.c_str());
        late.answer({true, text, {}, 0});
    }
    arm();
}

void RequestDesk::give_up_all(Proc asked) {
    std::vector<Answer> answers;
    std::erase_if(open_, [&](auto& entry) {
        if (entry.second.asked != asked) return false;
        answers.push_back(std::move(entry.second.answer));
        return true;
    });
    for (const Answer& answer : answers)
        answer({true, std::string(proc_name(asked)) + " was restarted meanwhile: see whether it was done", {}, 0});
}

void RequestDesk::arm() {
    if (!open_.empty()) timer_.arm(open_.begin()->second.deadline - Clock::now());
}

} // namespace lns::clid
