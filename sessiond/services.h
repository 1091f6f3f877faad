// SPDX-License-Identifier: ISC
// Throttling, interception and filters of one session: what an operator's wish makes of them. Pure: no table, no
// channel.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/conf/config.h"
#include "lib/imsg/bodies.h"
#include "shm/records.h"

namespace lns::sessiond {

struct Services {
    shm::SessionServices record;
    FixedText<62> filter_in; // as in SessionAaa
    FixedText<62> filter_out;
};

// Where copies are to go; unset when the change does not begin an interception, or nothing says where to.
Endpoint snoop_target(const imsg::ServiceChange& change, const conf::Config& config);

// Carries the change out on `services`, wholly or not at all. What was done, or why not, is for the operator; `user` is
// whom it concerns.
Result<std::string> apply_change(const imsg::ServiceChange& change, const conf::Config& config, std::string_view user,
                                 Services& services);

// The bursts that go with its rates.
void set_bursts(const conf::Config& config, shm::SessionServices& services);

// Filters that the operator has ordered, or taken away, before this login, whatever it says of them. `record` is told
// that there are any.
void keep_orders(const shm::SessionAaa& before, shm::SessionRecord& record, shm::SessionAaa& aaa);

// The services that each packet of the session must be held against, for ForwardRecord::flags.
std::uint16_t service_flags(const shm::SessionServices& services, const shm::SessionAaa& aaa,
                            const conf::Config& config);

} // namespace lns::sessiond
