// SPDX-License-Identifier: ISC
// The far end of traffic tests, in the network behind the LNS: counts what subscribers send and returns what
// they want returned.
#pragma once

#include <cstdint>
#include <deque>

#include "tools/lacsim/batch_io.h"
#include "tools/lacsim/flow.h"
#include "tools/lacsim/json.h"
#include "tools/lacsim/options.h"

namespace lns::lacsim {

class Reflector {
public:
    // Takes one datagram; `reply` is called with what is to be sent back, if anything.
    void receive(std::span<std::uint8_t> payload, Endpoint from, MonoTime now,
                 const std::function<void(Bytes reply)>& reply);
    void report(Json& json) const;
    [[nodiscard]] bool intact() const; // nothing damaged, nothing from the wrong subscriber

private:
    struct Run {
        std::uint32_t id;
        FlowTable table;
    };
    [[nodiscard]] Tally sum() const;
    [[nodiscard]] FlowTable& table(std::uint32_t run);

    std::deque<Run> runs_; // the newest last
    std::uint64_t echoed_ = 0, queries_ = 0, foreign_ = 0;
};

// Runs until SIGTERM or SIGINT, then prints the report. 0, or 1 when something arrived damaged.
int run_reflector(const Options& options);

} // namespace lns::lacsim
