// SPDX-License-Identifier: ISC
#include "radiusd-client/request_board.h"

namespace lns::radius_client {

RequestBoard::RequestBoard(shm::TwoSlotWriter<shm::RadiusRequestRecord> table) : table_(table) {
    for (Place i = 0; i < table_.size(); ++i)
        if (table_.version(i) != 0 && table_.get(i).state != shm::RadiusState::null) table_.write(i, {});
}

RequestBoard::Place RequestBoard::take() {
    if (!released_.empty()) {
        const Place place = released_.top();
        released_.pop();
        return place;
    }
    return unused_ < table_.size() ? unused_++ : kNowhere;
}

void RequestBoard::show(Place place, const shm::RadiusRequestRecord& record) { table_.write(place, record); }

void RequestBoard::release(Place place) {
    if (place == kNowhere) return;
    table_.write(place, {});
    released_.push(place);
}

} // namespace lns::radius_client
