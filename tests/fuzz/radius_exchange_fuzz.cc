// SPDX-License-Identifier: ISC
// Requests to two RADIUS servers, for authentication or accounting, and any datagrams that come back: from a server or
// not, on the right socket or not, signed with the secret or not. Only what is signed, for a request under way,
// from its server and on its socket is believed, and once; every request ends, and no identifier is lost.
//
// First octet: purpose and policy. Then steps, an octet each, with what follows it: see step().
#include <algorithm>
#include <cstdlib>
#include <set>

#include "lib/base/digest.h"
#include "radiusd-client/requests.h"

namespace {

using namespace lns;
using namespace lns::radius_client;
using namespace std::chrono_literals;

const Secret kSecret("s3cret");
const std::array<Endpoint, 2> kServers{Endpoint{Ipv4{0x0a000001}, 1812}, Endpoint{Ipv4{0x0a000002}, 1812}};

void must(bool holds) {
    if (!holds) std::abort();
}

struct Sent {
    std::uint16_t socket = 0;
    Endpoint to;
    std::vector<std::uint8_t> octets;
};

class Run final : public RequestOwner {
public:
    Run(Bytes input, Purpose purpose, bool require)
        : input_(input), purpose_(purpose), require_(require), requests_(purpose, *this, rng_, 2) {
        requests_.configure(kServers, kSecret, now_);
    }
    void all() {
        std::uint8_t op = 0;
        while (input_.u8(op))
            step(op);
        for (int i = 0; i < 1000 && requests_.in_flight() > 0; ++i)
            pass(30s);
        must(requests_.in_flight() == 0 && waiting_.empty());
    }

    Bytes encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                 std::span<std::uint8_t> buffer) override {
        rng_.fill(authenticator);
        const bool login = purpose_ == Purpose::authentication;
        radius::RequestBuilder out(buffer, login ? radius::Code::AccessRequest : radius::Code::AccountingRequest, id);
        out.text(radius::Attr::UserName, "joe" + std::to_string(key));
        return login ? out.finish_access(authenticator, kSecret.reveal_octets())
                     : out.finish_accounting(authenticator, kSecret.reveal_octets());
    }
    void transmit(std::uint16_t socket, Endpoint to, Bytes packet) override {
        must(to == kServers[0] || to == kServers[1]);
        sent_.push_back({socket, to, {packet.begin(), packet.end()}});
    }
    void sent(const RequestView&, bool, MonoTime) override {}
    void answered(std::uint64_t key, const radius::PacketView&, Endpoint server, MonoTime) override {
        must(genuine_ && server == from_ && waiting_.erase(key) == 1);
        ++answers_;
    }
    void gave_up(std::uint64_t key, MonoTime) override { must(waiting_.erase(key) == 1); }
    void server_died(Endpoint) override {}
    void server_revived(Endpoint) override {}

private:
    // 0: a request; 1: time passes; else a datagram, the upper bits choose from where and how right it is.
    void step(std::uint8_t op) {
        if ((op & 7) == 0) {
            ++key_;
            waiting_.insert(key_); // start() may give up at once
            if (!requests_.start(key_, now_ + 20s, now_)) waiting_.erase(key_);
        } else if ((op & 7) == 1) {
            pass(std::chrono::milliseconds(100) * (op >> 3));
        } else if (!sent_.empty()) {
            reply(op);
        }
    }
    void pass(Clock::duration by) {
        now_ += by;
        requests_.tick(now_);
    }
    void reply(std::uint8_t op) {
        std::uint8_t which = 0;
        std::uint8_t code = 0;
        std::uint8_t size = 0;
        Bytes attributes;
        if (!input_.u8(which) || !input_.u8(code) || !input_.u8(size) ||
            !input_.bytes(std::min<std::size_t>(size, input_.size()), attributes))
            return;
        const Sent to = sent_[sent_.size() - 1 - which % sent_.size()];
        std::vector<std::uint8_t> packet{code, to.octets[1], 0, 0};
        const std::size_t length = radius::kHeaderSize + attributes.size();
        packet[2] = static_cast<std::uint8_t>(length >> 8);
        packet[3] = static_cast<std::uint8_t>(length);
        const Md5Digest digest = md5({packet, Bytes(to.octets).subspan(4, 16), attributes, kSecret.reveal_octets()});
        packet.insert(packet.end(), digest.begin(), digest.end());
        packet.insert(packet.end(), attributes.begin(), attributes.end());
        if ((op & 0x08) != 0) packet[4] ^= 1;
        from_ = to.to;
        if ((op & 0x20) != 0) from_ = from_ == kServers[0] ? kServers[1] : kServers[0];
        if ((op & 0x10) != 0) from_.port ^= 1;
        const auto socket = static_cast<std::uint16_t>(to.socket ^ ((op & 0x40) != 0 ? 1 : 0));
        // An accounting request that moves to another server may be the same octets there.
        genuine_ = (op & 0x08) == 0 && std::any_of(sent_.begin(), sent_.end(), [&](const Sent& s) {
                       return s.socket == socket && s.to == from_ &&
                              std::equal(s.octets.begin(), s.octets.begin() + 20, to.octets.begin());
                   });
        const auto view = radius::PacketView::parse(packet);
        if (!view) return;
        const std::uint64_t before = answers_;
        const auto got = requests_.receive(
            socket, from_, *view, [this](Endpoint) { return require_; }, now_);
        must((answers_ != before) == !got.judgement.drop.has_value());
        must(genuine_ || answers_ == before);
    }

    Reader input_;
    Purpose purpose_;
    bool require_;
    SeededRng rng_{1};
    MonoTime now_{1000s};
    std::vector<Sent> sent_;
    std::set<std::uint64_t> waiting_;
    std::uint64_t key_ = 0;
    std::uint64_t answers_ = 0;
    bool genuine_ = false;
    Endpoint from_;
    Requests requests_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Purpose purpose = (data[0] & 1) != 0 ? Purpose::accounting : Purpose::authentication;
    Run(Bytes(data + 1, size - 1), purpose, (data[0] & 2) != 0).all();
    return 0;
}
