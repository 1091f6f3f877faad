// SPDX-License-Identifier: ISC
// Checks passwords without keeping the master from its work: a hash can take long, so each is computed
// in a short-lived process, one at a time; wrong answers are held back as LoginPolicy says.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "clid/login_policy.h"
#include "lib/base/event.h"
#include "lib/base/secret.h"
#include "lib/conf/users.h"

namespace lns::clid {

struct PasswordAttempt {
    std::uint32_t connection = 0;
    Ipv4 source;
    bool for_enable = false;
    std::string user; // of a login
    Secret password;
};

class PasswordDesk {
public:
    using Answer = std::function<void(bool right)>;

    explicit PasswordDesk(EventLoop& loop);
    void set_users(conf::Users users) { users_ = std::move(users); }
    [[nodiscard]] const conf::Users& users() const { return users_; }

    // Answers later, from the loop.
    void submit(PasswordAttempt attempt, Answer answer);
    // Nobody waits for an answer on this connection any more. A failure still counts.
    void cancel(std::uint32_t connection);
    // For the master's SIGCHLD: true when that process was the desk's.
    bool process_ended(pid_t pid, int status);
    // In a forked child that will read what strangers type: wipes all passwords from its memory.
    void forget_everything();

private:
    struct Waiting {
        PasswordAttempt attempt;
        Answer answer;
    };
    struct HeldBack { // a wrong password whose answer is due later
        MonoTime at{};
        std::uint32_t connection = 0;
        Answer answer;
    };

    void advance();
    void give_due_answers(MonoTime now);
    bool start_next(MonoTime now);
    void arm(MonoTime now);
    [[noreturn]] void check_in_child(const PasswordAttempt& attempt);
    void settle(Waiting done, bool right);

    conf::Users users_;
    LoginPolicy policy_;
    std::deque<Waiting> waiting_;
    std::vector<HeldBack> held_back_;
    pid_t checker_ = 0;
    Waiting checking_;
    MonoTime checking_since_{};
    Timer timer_;
};

} // namespace lns::clid
