// SPDX-License-Identifier: ISC
// What SessionRecord::core holds.
#pragma once

#include <type_traits>

#include "lib/l2tp/call.h"
#include "lib/ppp/ppp.h"

namespace lns::sessiond {

struct SessionCore {
    l2tp::Call call;
    ppp::Session ppp;
};
static_assert(std::is_trivially_copyable_v<SessionCore>);

} // namespace lns::sessiond
