// SPDX-License-Identifier: ISC
// An operator's `restart`: what is installed now takes the place of what runs. Each new program is asked for its layout
// first, and nothing is touched unless all of them fit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "l2tpnsd/layout_probe.h"
#include "l2tpnsd/worker_table.h"

namespace lns::parent {

struct ProbedProgram {
    std::string name;
    Result<SuiteLayout> layout;
};

// Why they may not take the place of what runs; empty when they may. `with_parent`: all processes go at once, so
// that they need agree on messages only with each other; on the tables that stay, always.
std::string refuse_programs(const SuiteLayout& running, const std::vector<ProbedProgram>& programs, bool with_parent);

class Restarts {
public:
    struct Calls {
        std::function<void(Proc)> swap;        // of one kind of worker
        std::function<Status<>()> may_execute; // is there another reason to refuse the parent?
        std::function<void()> execute;         // the parent
    };
    Restarts(EventLoop& loop, std::string libexecdir, std::string own_program, Calls calls);

    using Answer = std::function<void(bool failed, const std::string& text)>;
    // Proc::any: all. The answer comes before anything is done.
    void ask(Proc what, Answer answer);

private:
    void probe(const std::string& name, const std::string& path);
    void probed(const std::string& name, Result<SuiteLayout> layout);
    void judge();

    EventLoop& loop_;
    std::string libexecdir_;
    std::string own_program_;
    Calls calls_;
    Proc what_{};
    Answer answer_; // set while a restart is under way
    std::vector<std::unique_ptr<LayoutProbe>> probes_;
    std::vector<ProbedProgram> programs_;
    Timer act_timer_;
    Timer judge_timer_;
};

} // namespace lns::parent
