// SPDX-License-Identifier: ISC
#include "clid/control_desk.h"

#include <array>

#include "clid/admission.h"

namespace lns::clid {

namespace {

using Judgement = control::ReplayWindow::Judgement;

struct Refusal {
    Judgement judgement;
    imsg::ControlEvent event;
    const char* text;
};

constexpr std::array kRefusals{
    Refusal{Judgement::stale, imsg::ControlEvent::stale, "the request is too old: are both clocks right?"},
    Refusal{Judgement::ahead, imsg::ControlEvent::stale, "the request is from the future: are both clocks right?"},
    Refusal{Judgement::starting, imsg::ControlEvent::stale, "just started: try again in a few seconds"},
    Refusal{Judgement::full, imsg::ControlEvent::busy, "too many requests: try again in a minute"},
};

} // namespace

ControlDesk::ControlDesk(Secret secret, std::int64_t now, Run run, Seen seen)
    : secret_(std::move(secret)), window_(now, !secret_.empty()), run_(std::move(run)), seen_(std::move(seen)) {}

std::optional<std::vector<std::uint8_t>> ControlDesk::answer(Bytes datagram, Endpoint from, std::int64_t now) {
    using imsg::ControlEvent;
    if (secret_.empty() && !is_loopback(from.address)) {
        seen_(ControlEvent::remote, from, {});
        return std::nullopt;
    }
    const auto request = control::decode_request(datagram, secret_);
    if (!request) {
        const bool wrong = request.error() == control::WireError::wrong_mac;
        seen_(wrong ? ControlEvent::wrong_secret : ControlEvent::malformed, from, {});
        return std::nullopt;
    }
    const Judgement judgement = window_.judge(request->nonce, request->time, now);
    if (judgement == Judgement::repeated) {
        seen_(ControlEvent::repeated, from, request->words);
        return window_.reply_to(request->nonce);
    }
    for (const Refusal& refusal : kRefusals) {
        if (refusal.judgement != judgement) continue;
        seen_(refusal.event, from, request->words);
        return refuse(request->nonce, refusal.text);
    }
    return carry_out(*request, from);
}

std::vector<std::uint8_t> ControlDesk::carry_out(const control::Request& request, Endpoint from) {
    seen_(imsg::ControlEvent::request, from, request.words);
    // Until it is answered a repetition waits in the socket, since there is one request at a time.
    const auto outcome = run_(request.words);
    std::vector<std::uint8_t> reply =
        outcome ? control::encode(control::Reply{request.nonce,
                                                 outcome->failed ? control::Verdict::failed : control::Verdict::done,
                                                 outcome->text},
                                  secret_)
                : refuse(request.nonce, "command not known: help lists those there are");
    window_.remember(request.nonce, request.time, reply);
    return reply;
}

std::vector<std::uint8_t> ControlDesk::refuse(const control::Nonce& nonce, const char* why) const {
    return control::encode(control::Reply{nonce, control::Verdict::refused, why}, secret_);
}

} // namespace lns::clid
