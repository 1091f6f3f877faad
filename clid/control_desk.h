// SPDX-License-Identifier: ISC
// What becomes of a datagram on the control port: judged by source, secret, version and time, carried out
// once, answered. Without sockets; lives in the control process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/inet.h"
#include "lib/base/secret.h"
#include "lib/control/replay_window.h"
#include "lib/imsg/bodies.h"

namespace lns::clid {

class ControlDesk {
public:
    struct Outcome {
        bool failed = false;
        std::string text;
    };
    using Words = std::vector<std::string>;
    // Carries out a command; nothing when it is not known.
    using Run = std::function<std::optional<Outcome>(const Words& words)>;
    // Told of every datagram, before it is carried out.
    using Seen = std::function<void(imsg::ControlEvent event, Endpoint from, const Words& words)>;

    // Without a secret only the loopback address is served.
    ControlDesk(Secret secret, std::int64_t now, Run run, Seen seen);

    // The reply; nothing where silence is the answer: to somebody who does not know the secret.
    std::optional<std::vector<std::uint8_t>> answer(Bytes datagram, Endpoint from, std::int64_t now);

private:
    std::vector<std::uint8_t> carry_out(const control::Request& request, Endpoint from);
    [[nodiscard]] std::vector<std::uint8_t> refuse(const control::Nonce& nonce, const char* why) const;

    Secret secret_;
    control::ReplayWindow window_;
    Run run_;
    Seen seen_;
};

} // namespace lns::clid
