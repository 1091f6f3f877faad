// SPDX-License-Identifier: ISC
// What operators ask of sessiond and of the parent: numbered, answered once, and given up after a time,
// so that nobody waits for a process that is gone.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "lib/worker/worker.h"
#include "shm/counters.h"

namespace lns::clid {

struct RequestResult {
    bool failed = true;
    std::string text;
    UniqueFd document; // instead of the text, when that may be long
    std::uint32_t document_bytes = 0;
};

class RequestDesk {
public:
    using Answer = std::function<void(RequestResult)>;

    explicit RequestDesk(worker::Worker& worker, Clock::duration answer_within = kAnswerWithin);

    // Each answers later, from the loop.
    void drop_session(std::uint32_t connection, SessionIndex session, Generation generation, Answer answer);
    void change_services(std::uint32_t connection, const imsg::CliServices& wish, Answer answer);
    void drop_tunnel(std::uint32_t connection, TunnelId tunnel, Answer answer);
    void restart(std::uint32_t connection, Proc proc, Answer answer); // Proc::any: all
    void set_drain(std::uint32_t connection, bool on, Answer answer);
    void shutdown(std::uint32_t connection, Answer answer);
    void show_running(std::uint32_t connection, bool only_access_lists, Answer answer);
    void edit_access_list(std::uint32_t connection, const imsg::CliAccessList& wish, Answer answer);
    void write_memory(std::uint32_t connection, Answer answer);
    void reload(std::uint32_t connection, Answer answer);
    void set_key(std::uint32_t connection, const imsg::CliSet& wish, Answer answer);
    void change_plugin(std::uint32_t connection, const imsg::CliPlugin& wish, Answer answer);
    // Nobody waits for an answer on this connection any more.
    void cancel(std::uint32_t connection);

    static constexpr Clock::duration kAnswerWithin = std::chrono::seconds(10);

private:
    struct Open {
        std::uint32_t connection = 0;
        Proc asked{};
        MonoTime deadline{};
        Answer answer;
    };

    template <class Question>
    void ask(Proc whom, std::uint32_t connection, Question question, Answer answer);
    void listen_to(imsg::Channel& channel, Proc from);
    void finish(Proc from, std::uint32_t request, RequestResult result);
    void give_up_late();
    void give_up_all(Proc asked);
    void arm();

    worker::Worker& worker_;
    Clock::duration answer_within_;
    std::uint32_t last_request_ = 0;
    std::map<std::uint32_t, Open> open_; // in the order of their deadlines
    Timer timer_;
};

} // namespace lns::clid
