// SPDX-License-Identifier: ISC
// A control connection and a call under any sequence of datagrams, time and wishes of the shell. The
// input is a program: an octet says what happens, the next ones with what.
#include <cstdlib>
#include <vector>

#include "lib/l2tp/l2tp.h"

namespace {

using namespace lns;
using namespace lns::l2tp;

constexpr TunnelId kOurs{0x1234};
constexpr SessionId kCallId{0x0101};

void require(bool what) {
    if (!what) std::abort();
}

class Machine {
public:
    explicit Machine(std::uint8_t options) : rng_(7) {
        config_.secret = (options & 1) != 0 ? as_octets("secret") : Bytes{};
        config_.require_auth = (options & 2) != 0;
        config_.flood = (options & 4) != 0;
        config_.draining = (options & 8) != 0;
        unrecorded_ = (options & 16) != 0;
        config_.vendor_name = "fuzz";
        config_.receive_window = static_cast<std::uint16_t>(options);
    }

    bool step(Reader& r) {
        std::uint8_t op = 0;
        if (!r.u8(op)) return false;
        Effects out;
        switch (op % 10) {
        case 0:
        case 1:
        case 2:
            return datagram(r, op % 10);
        case 3:
            advance(r, out);
            break;
        case 4:
            flush_ack(cc_, out);
            require(!ack_needed(cc_));
            break;
        case 5:
            wish(r, out);
            break;
        case 6:
            close(cc_, cause(StopResult::general_request, Reason::operator_request), config_, now_, out);
            break;
        case 7:
            abandon(cc_, cause(StopResult::general_request, Reason::replaced), now_, out);
            require(cc_.state == ControlState::idle);
            break;
        case 8:
            early_.clear(); // a new process finds the record only
            break;
        default:
            take(disconnect(call_, cause(CdnResult::administrative, Reason::operator_request), now_), out);
            break;
        }
        check(out);
        return true;
    }

private:
    // kind 0: as it stands; 1: ids and numbers made to fit; 2: made to fit, Ns off by what the input says.
    bool datagram(Reader& r, int kind) {
        std::uint8_t size = 0;
        std::uint8_t off = 0;
        Bytes body;
        if (!r.u8(size) || !r.u8(off) || !r.bytes(std::min<std::size_t>(size, r.size()), body)) return false;
        std::vector<std::uint8_t> bytes(body.begin(), body.end());
        if (kind != 0) {
            const bool opens = cc_.state == ControlState::idle;
            const auto ns = static_cast<std::uint16_t>(kind == 1 ? cc_.nr : cc_.nr + static_cast<std::int8_t>(off));
            bytes.resize(kControlHeaderSize + body.size());
            Writer w(bytes);
            encode_control_header(w, PeerTunnelId{opens ? std::uint16_t{0} : raw(kOurs)},
                                  PeerSessionId{(off & 0x80) != 0 ? raw(kCallId) : std::uint16_t{0}},
                                  opens ? std::uint16_t{0} : ns, opens ? std::uint16_t{0} : cc_.high, body.size());
            w.bytes(body);
        }
        Effects out;
        const auto header = parse_header(bytes);
        if (header && header->control()) control(*header, out);
        check(out);
        return true;
    }

    void control(const Header& header, Effects& out) {
        if (header.tunnel != TunnelId::none) return receive(cc_, header, early_, config_, now_, out);
        Message m;
        if (decode_message(header.payload, config_.secret, m) != WireError::none) return;
        if (is_retransmission_of(cc_, header, m) || stop_ccn_of(header, config_.secret)) {
            receive(cc_, header, early_, config_, now_, out);
        } else if (cc_.state == ControlState::idle) {
            const std::size_t before = out.size();
            downs_ = 0;
            early_.clear();
            if (!unrecorded_)
                accept(cc_, header, m, kOurs, config_, now_, rng_, out);
            else if (const auto half_open = answer(header, m, kOurs, config_, now_, rng_, out))
                cc_ = resume(*half_open, config_, now_);
            for (std::size_t i = before; i < out.size() && cc_.state == ControlState::idle; ++i)
                if (const auto* d = std::get_if<SendDatagram>(&out[i])) require(d->bytes.size() <= header.length);
        }
    }

    void advance(Reader& r, Effects& out) {
        std::uint8_t tenths = 0;
        if (!r.u8(tenths)) return;
        now_ += std::chrono::milliseconds(100) * tenths;
        tick(cc_, config_, now_, out);
        take(tick(call_, now_), out);
    }

    void wish(Reader& r, Effects& out) {
        std::uint8_t n = 0;
        if (!r.u8(n)) return;
        for (int i = 0; i < n % 70; ++i)
            (void)send(cc_, icrp(kCallId, PeerSessionId{1}), config_, now_, out);
    }

    void take(const CallStep& step, Effects& out) {
        if (step.send) (void)send(cc_, *step.send, config_, now_, out);
    }

    void check(Effects& out) {
        // Executing an effect makes others; none of them makes more calls, so this ends.
        for (std::size_t i = 0; i < out.size(); ++i) {
            if (const auto* d = std::get_if<SendDatagram>(&out[i])) well_formed(d->bytes);
            if (std::holds_alternative<TunnelDown>(out[i])) require(++downs_ == 1);
            if (const auto* in = std::get_if<IncomingCall>(&out[i]))
                take(accept(call_, in->message, kCallId, now_), out);
            if (const auto* c = std::get_if<CallMessage>(&out[i])) {
                require(call_.state <= CallState::closing);
                take(receive(call_, c->message, now_), out);
            }
            if (std::holds_alternative<CallCleared>(out[i])) take(cleared(call_, now_), out);
        }
        invariants();
    }

    // What we send, a strict receiver understands.
    static void well_formed(const std::vector<std::uint8_t>& bytes) {
        const auto header = parse_header(bytes);
        require(header.ok() && header->control() && bytes.size() <= kMaxControlSize);
        Message m;
        require(decode_message(header->payload, {}, m) == WireError::none && !m.fault && m.ignored == 0);
    }

    void invariants() const {
        const auto from_una = [this](std::uint16_t n) { return static_cast<std::uint16_t>(n - cc_.una); };
        require(from_una(cc_.next) <= from_una(cc_.high) && from_una(cc_.high) <= from_una(cc_.ns));
        require(from_una(cc_.ns) <= kRing && cc_.state < ControlState::kCount);
        require(early_.bytes() <= ReorderBuffer::kMaxBytes);
        const bool timed = next_deadline(cc_) != kNever;
        require(timed == (cc_.state != ControlState::idle));
    }

    ControlConnection cc_;
    ReorderBuffer early_;
    TunnelConfig config_;
    bool unrecorded_ = false; // an SCCRQ is answered without a record
    Call call_;
    SeededRng rng_;
    MonoTime now_ = MonoTime{} + std::chrono::hours(1);
    int downs_ = 0; // in the life of the present connection
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Reader r(Bytes(data, size));
    std::uint8_t options = 0;
    if (!r.u8(options)) return 0;
    Machine machine(options);
    while (machine.step(r)) {
    }
    return 0;
}
