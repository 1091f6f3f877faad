// SPDX-License-Identifier: ISC
// The parameters of control messages in the log, in words: the manual's level 3.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/inet.h"
#include "lib/base/log_limits.h"
#include "lib/l2tp/l2tp.h"

namespace lns::sessiond {

// "ICRQ, tunnel 7, session 0, Ns 2, Nr 1: Assigned Session ID 12, Call Serial Number 1, …". What is hidden or may tell
// a secret is only counted. Empty for what has no message type, as an acknowledgement.
std::string describe_message(const l2tp::Header& header);

class MessageLog {
public:
    // `direction` is "from" or "to". A HELLO only at level 4, nothing below level 3; of a flood so many lines as
    // LogLimits lets pass.
    void write(const char* direction, Endpoint peer, const l2tp::Header& header, MonoTime now);

private:
    LogLimits limits_;
};

} // namespace lns::sessiond
