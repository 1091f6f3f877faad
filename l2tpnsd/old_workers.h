// SPDX-License-Identifier: ISC
// The workers of a parent that is gone, found by its record. Each is held by a pidfd from the moment it was
// recognised, so that no signal can reach another process that got the same number.
#pragma once

#include <span>
#include <vector>

#include "l2tpnsd/instance_record.h"
#include "lib/base/fd.h"

namespace lns::parent {

class OldWorkers {
public:
    OldWorkers() = default;
    // Those of the record that still run.
    static OldWorkers find(const InstanceRecord& record);

    [[nodiscard]] bool any() const { return !alive_.empty(); }
    [[nodiscard]] std::size_t count(Proc proc) const;

    // Ends all of these kinds at once and waits for it: they are asked first, and empty their sockets then;
    // who does not go is killed. An error names who cannot be killed either.
    Status<> end(std::span<const Proc> kinds);
    Status<> end_all();

private:
    struct Worker {
        RecordedWorker record;
        UniqueFd pidfd;
    };
    std::vector<Worker> alive_;
};

} // namespace lns::parent
