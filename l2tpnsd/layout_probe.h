// SPDX-License-Identifier: ISC
// Asks a program on disk, before it takes another's place, which layout it was built with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "l2tpnsd/child_process.h"
#include "lib/base/event.h"
#include "lib/imsg/suite_layout.h"

namespace lns::parent {

class LayoutProbe {
public:
    using Answer = std::function<void(Result<SuiteLayout>)>;
    // Runs PROGRAM --layout without capabilities and for a few seconds at most; answers once, from the loop.
    LayoutProbe(EventLoop& loop, const std::string& program, Answer answer);
    LayoutProbe(const LayoutProbe&) = delete;
    LayoutProbe& operator=(const LayoutProbe&) = delete;
    ~LayoutProbe();

private:
    void readable();
    void finish(Result<SuiteLayout> result);

    Answer answer_;
    std::optional<ChildProcess> child_;
    UniqueFd output_;
    std::string said_;
    std::optional<ReadWatch> watch_;
    Timer timer_;
};

} // namespace lns::parent
