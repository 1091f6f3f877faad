// SPDX-License-Identifier: ISC
// What a worker prints instead of logging (a failed assertion, a sanitizer's report, an error of the
// dynamic linker) becomes log lines.
#pragma once

#include <memory>
#include <string>

#include "lib/base/event.h"
#include "lib/base/fd.h"

namespace lns::parent {

class OutputPipe {
public:
    // `name` stands in front of each line.
    OutputPipe(EventLoop& loop, std::string name);
    // The end for the worker.
    UniqueFd take_write_end() { return std::move(write_end_); }
    // Logs what is left of a worker that ended.
    void finish();

private:
    bool read_some();
    void log_lines(bool last);

    std::string name_;
    UniqueFd read_end_;
    UniqueFd write_end_;
    std::string pending_;
    std::unique_ptr<ReadWatch> watch_;
};

} // namespace lns::parent
