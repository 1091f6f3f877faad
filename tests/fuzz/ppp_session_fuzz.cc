// SPDX-License-Identifier: ISC
// A whole session: the input is a list of frames, answers of AAA and pauses. Checks what must hold whatever
// the peer does: no frame above its MRU, timers that end, Finished once and last.
//
// First octet: authentication method and how far the session is brought up by a good peer. Then steps, an octet
// each, with what follows it: see step().
#include <cstdint>
#include <cstdlib>

#include "lib/ppp/ppp.h"

namespace {

using namespace lns;
using namespace lns::ppp;

class Run {
public:
    explicit Run(Bytes input) : input_(input) {}

    void all() {
        std::uint8_t first = 0;
        if (!input_.u8(first)) return;
        const bool chap = (first & 1) != 0;
        cfg_.auth_methods = {chap ? AuthMethod::chap : AuthMethod::pap, chap ? AuthMethod::none : AuthMethod::chap};
        cfg_.local_address = Ipv4{0x0a000001};
        start(s_, cfg_, now_, rng_, effects_);
        collect();
        bring_up(first >> 1 & 3);
        std::uint8_t op = 0;
        while (input_.u8(op))
            step(op);
        close(s_, cfg_, Reason::administrative, now_, rng_, effects_);
        collect();
        for (int i = 0; i < 10; ++i)
            pass(std::chrono::seconds(3));
        check(s_.phase == Phase::dead && finished_ && next_deadline(s_) == kNever && ups_ == downs_);
    }

private:
    static void check(bool holds) {
        if (!holds) abort();
    }

    // 0-5: a frame of so many octets as the next one says. 6: AAA answers. 7: time passes, or a crash.
    void step(std::uint8_t op) {
        switch (op & 7) {
        case 6:
            answer((op & 8) != 0);
            break;
        case 7:
            if (op == 0xff)
                recover(s_, cfg_, now_, rng_, effects_);
            else
                pass(std::chrono::milliseconds(100 * (op >> 3)));
            break;
        default:
            frame_of_input();
        }
        collect();
    }
    void frame_of_input() {
        std::uint8_t length = 0;
        Bytes frame;
        if (input_.u8(length) && input_.bytes(std::min<std::size_t>(length, input_.size()), frame))
            receive_frame(frame);
    }
    void answer(bool good) {
        const NetworkParameters parameters{Ipv4{0x0a000063}, Ipv4{0x08080808}, Ipv4{}};
        if (good)
            authenticated(s_, cfg_, s_.auth.serial, parameters, "welcome", now_, rng_, effects_);
        else
            rejected(s_, cfg_, s_.auth.serial, "no", now_, rng_, effects_);
    }
    void pass(Clock::duration by) {
        now_ += by;
        tick(s_, cfg_, now_, rng_, effects_);
        collect();
        check(next_deadline(s_) > now_);
    }
    void receive_frame(Bytes frame) {
        receive(s_, cfg_, frame, now_, rng_, effects_);
        collect();
    }
    // What a good peer would do, so that the interesting phases are near.
    void bring_up(int how_far) {
        if (how_far == 0) return;
        acknowledge();
        receive_frame(std::to_array<std::uint8_t>({0xff, 3, 0xc0, 0x21, 1, 1, 0, 10, 5, 6, 1, 2, 3, 4}));
        if (how_far == 1) return;
        if (s_.auth.method == AuthMethod::pap) {
            receive_frame(std::to_array<std::uint8_t>({0xc0, 0x23, 1, 1, 0, 8, 1, 'u', 1, 'p'}));
        } else {
            std::array<std::uint8_t, 2 + 4 + 1 + 16 + 1> response{0xc2, 0x23, 2, s_.auth.id, 0, 22, 16};
            response.back() = 'u';
            receive_frame(response);
        }
        answer(true);
        collect();
        if (how_far == 2) return;
        acknowledge();
        receive_frame(std::to_array<std::uint8_t>({0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 0, 0, 0x63}));
        check(s_.phase == Phase::open);
    }
    void acknowledge() { // our last Configure-Request, as it came
        std::vector<std::uint8_t> ack = request_;
        ack.at(4) = 2;
        receive_frame(ack);
    }

    void collect() {
        for (const Effect& effect : effects_) {
            check(!finished_ || !std::holds_alternative<SendFrame>(effect));
            if (const auto* frame = std::get_if<SendFrame>(&effect)) look_at(frame->bytes);
            if (const auto* ask = std::get_if<AuthRequest>(&effect))
                check(!ask->user.empty() && ask->user.view().size() <= kMaxUser && ask->method == s_.auth.method);
            ups_ += std::holds_alternative<NetworkUp>(effect) ? 1 : 0;
            downs_ += std::holds_alternative<NetworkDown>(effect) ? 1 : 0;
            finished_ = finished_ || std::holds_alternative<Finished>(effect);
        }
        if (s_.network_up) ups_ = downs_ + 1; // recover() repeats NetworkUp
        effects_.clear();
        check(finished_ == (s_.phase == Phase::dead));
    }
    void look_at(const std::vector<std::uint8_t>& bytes) {
        const Frame frame = parse_frame(bytes);
        check(frame.ok() && frame.payload.size() >= 4 &&
              frame.payload.size() <= std::min<std::size_t>(s_.peer.mru, 1500));
        check(frame.payload[2] * 256U + frame.payload[3] == frame.payload.size());
        if (frame.payload[0] == 1 && frame.protocol != Protocol::CHAP) request_ = bytes;
    }

    Reader input_;
    Session s_;
    Config cfg_;
    SeededRng rng_{1};
    MonoTime now_{std::chrono::hours(1)};
    Effects effects_;
    std::vector<std::uint8_t> request_;
    bool finished_ = false;
    int ups_ = 0;
    int downs_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Run(Bytes(data, size)).all();
    return 0;
}
