// SPDX-License-Identifier: ISC
// The way of a session through RFC 1661 3.2's phases: what one layer's coming and going means for
// the others. Private to lib/ppp.
#pragma once

#include "lib/ppp/context.h"

namespace lns::ppp {

void link_up(Context& cx);                   // LCP came to Opened
void link_down(Context& cx);                 // LCP left Opened
void link_finished(Context& cx);             // LCP has given up or is done
void network_up(Context& cx);                // IPCP came to Opened
void network_down(Context& cx);              // IPCP left Opened
void network_finished(Context& cx);          // IPCP has given up or is done
void close_link(Context& cx, Reason reason); // with Terminate-Request
void finish(Context& cx, Reason reason);     // at once
void note_reason(Session& s, Reason reason); // the first one stays

} // namespace lns::ppp
