// SPDX-License-Identifier: ISC
#include "l2tpnsd/restarts.h"

#include <utility>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

// For the answer to reach the operator, whose connection may be among what ends.
constexpr std::chrono::milliseconds kBeforeActing{300};

bool is_of_parent(Proc what) { return what == Proc::parent || what == Proc::any; }

} // namespace

std::string refuse_programs(const SuiteLayout& running, const std::vector<ProbedProgram>& programs, bool with_parent) {
    if (programs.empty()) return "nothing to restart";
    for (const ProbedProgram& program : programs) {
        if (!program.layout) return program.name + " " + program.layout.error().message;
        SuiteLayout wanted = running;
        if (with_parent && programs.front().layout) wanted.messages = programs.front().layout->messages;
        if (*program.layout != wanted)
            return program.name + " has the layout " + print_layout(*program.layout) + ", needed is " +
                   print_layout(wanted);
    }
    return {};
}

Restarts::Restarts(EventLoop& loop, std::string libexecdir, std::string own_program, Calls calls)
    : loop_(loop), libexecdir_(std::move(libexecdir)), own_program_(std::move(own_program)), calls_(std::move(calls)),
      act_timer_(loop,
                 [this] {
                     answer_ = {};
                     is_of_parent(what_) ? calls_.execute() : calls_.swap(what_);
                 }),
      judge_timer_(loop, [this] { judge(); }) {}

void Restarts::ask(Proc what, Answer answer) {
    if (answer_) return answer(true, "another restart is under way");
    if (is_of_parent(what))
        if (const auto may = calls_.may_execute(); !may) return answer(true, "Not restarted: " + may.error().message);
    if (!is_of_parent(what) && find_row(what) == nullptr) return answer(true, "there is no such process");
    what_ = what;
    answer_ = std::move(answer);
    if (is_of_parent(what)) probe(std::string(proc_name(Proc::parent)), own_program_);
    for (const WorkerRow& row : worker_rows())
        if (is_of_parent(what) || row.proc == what)
            probe(std::string(row.program()), libexecdir_ + "/" + std::string(row.program()));
}

void Restarts::probe(const std::string& name, const std::string& path) {
    probes_.push_back(std::make_unique<LayoutProbe>(
        loop_, path, [this, name](Result<SuiteLayout> layout) { probed(name, std::move(layout)); }));
}

void Restarts::probed(const std::string& name, Result<SuiteLayout> layout) {
    // The parent's own first, whichever answers first.
    const auto at = name == proc_name(Proc::parent) ? programs_.begin() : programs_.end();
    programs_.insert(at, {name, std::move(layout)});
    if (programs_.size() == probes_.size()) judge_timer_.arm(Clock::duration::zero()); // outside of a probe's own call
}

void Restarts::judge() {
    probes_.clear();
    const auto programs = std::exchange(programs_, {});
    const std::string why = refuse_programs(own_layout(), programs, is_of_parent(what_));
    if (!why.empty()) {
        log_error("not restarted: %s", why.c_str());
        return std::exchange(answer_, {})(true, "Not restarted: " + why);
    }
    const std::string name(what_ == Proc::any ? "all processes" : proc_name(what_));
    log_warnx("restarting %s as an operator asked", name.c_str());
    answer_(false, "Restarting " + name);
    act_timer_.arm(kBeforeActing);
}

} // namespace lns::parent
