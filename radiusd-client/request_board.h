// SPDX-License-Identifier: ISC
// The shared table behind `show radius`: one record for each request that waits or is under way.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "shm/records.h"
#include "shm/two_slot.h"

namespace lns::radius_client {

class RequestBoard {
public:
    RequestBoard() = default; // shows nothing
    // Clears what an earlier process left.
    explicit RequestBoard(shm::TwoSlotWriter<shm::RadiusRequestRecord> table);

    using Place = std::uint32_t;
    static constexpr Place kNowhere = UINT32_MAX;

    Place take(); // the lowest free record; kNowhere when the table is full
    void show(Place place, const shm::RadiusRequestRecord& record);
    void release(Place place);

private:
    shm::TwoSlotWriter<shm::RadiusRequestRecord> table_;
    Place unused_ = 0; // first record that was never taken
    std::priority_queue<Place, std::vector<Place>, std::greater<>> released_;
};

} // namespace lns::radius_client
