// SPDX-License-Identifier: ISC
// Raw datagrams on a channel between any two processes: a message reaches its handler only if the table lets that
// sender say it to that receiver, whole and with its descriptors; anything else closes the channel once; and no
// descriptor that came along stays open.
//
// First octet: receiver and sender; then datagrams: type, how the length lies, descriptors, size, octets of the body.
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/imsg/channel.h"

namespace {

using namespace lns;
using namespace lns::imsg;

constexpr std::size_t kProcesses = static_cast<std::size_t>(Proc::any);

void must(bool holds) {
    if (!holds) abort();
}

int lowest_free_descriptor() {
    const UniqueFd probe(open("/dev/null", O_RDONLY | O_CLOEXEC));
    must(probe.valid());
    return probe.get();
}

struct Heard {
    std::uint32_t type = UINT32_MAX;
    bool descriptor = false;

    bool operator==(const Heard&) const = default;
};

class Receiver {
public:
    Receiver(Proc self, Proc peer, UniqueFd fd) : self_(self), peer_(peer), channel_(self, peer, std::move(fd)) {
#define X(name, from, to, body, fds)                                                                                   \
    channel_.on<body>([this](const body& b, UniqueFd got) {                                                            \
        static_cast<void>(b);                                                                                          \
        heard_.push_back({static_cast<std::uint32_t>(kTypeOf<body>), got.valid()});                                    \
    });
#include "lib/imsg/types.def"
#undef X
        channel_.on_violation([this](const std::string& why) { violations_ += why.empty() ? 0 : 1; });
    }

    // What was just sent, with `fds` descriptors, is judged here once more, from the table.
    bool judge(Bytes record, std::size_t fds) {
        heard_.clear();
        channel_.receive_pending();
        std::vector<Heard> expected;
        bool right = true;
        for (; right && !record.empty(); fds = 0) {
            Header header{};
            memcpy(&header, record.data(), std::min(record.size(), sizeof header));
            const bool named = record.size() >= sizeof header && header.type < kTypes.size();
            const TypeDef def = named ? kTypes[header.type] : TypeDef{};
            const bool direction =
                named && (def.from == Proc::any || def.from == peer_) && (def.to == Proc::any || def.to == self_);
            right = direction && header.length >= sizeof header && header.length <= record.size() &&
                    header.length <= sizeof header + def.size && fds == def.fds &&
                    (header.length == sizeof header || record[header.length - 1] != 0);
            if (!right) break;
            expected.push_back({header.type, fds == 1});
            record = record.subspan(header.length);
        }
        must(heard_ == expected);
        must(right == channel_.is_open() && violations_ == (right ? 0 : 1));
        return right;
    }

private:
    Proc self_;
    Proc peer_;
    Channel channel_;
    std::vector<Heard> heard_;
    int violations_ = 0;
};

struct Datagram {
    Header header{};
    std::vector<std::uint8_t> octets;
    std::size_t fds = 0;
};

bool next_datagram(Reader& r, Datagram& out) {
    std::uint8_t type = 0;
    std::uint8_t shape = 0; // low bits: descriptors; then: how it lies; the highest: zeros stay at its end
    std::uint16_t lie = 0;
    if (!r.u8(type) || !r.u8(shape) || !r.u16(lie)) return false;
    out.fds = shape & 3;
    const bool known = type < kTypes.size();
    const std::size_t body = (shape & 4) != 0 ? lie % (kMaxBody + 64) : known ? kTypes[type].size : lie % 64;
    const std::size_t size = (shape & 8) != 0 ? lie % 20 : sizeof(Header) + body;
    out.header = {type, static_cast<std::uint32_t>(sizeof(Header) + body), 0, 1};
    if ((shape & 16) != 0) out.header.length = lie;
    if ((shape & 32) != 0) out.header.type |= std::uint32_t{lie} << 16;
    if (known && (shape & 64) != 0) out.fds = kTypes[type].fds;
    out.octets.assign(std::max(size, sizeof(Header)), 0);
    memcpy(out.octets.data(), &out.header, sizeof out.header);
    Bytes content;
    if (r.bytes(std::min<std::size_t>(r.size(), out.octets.size() - sizeof(Header)), content))
        std::copy(content.begin(), content.end(), out.octets.begin() + sizeof(Header));
    out.octets.resize(size);
    if (shape >> 2 == 0 || shape >> 2 == 16) {
        out.octets.resize(sizeof(Header) + without_end(Bytes(out.octets).subspan(sizeof(Header))));
        out.header.length = static_cast<std::uint32_t>(out.octets.size());
        memcpy(out.octets.data(), &out.header, sizeof out.header);
    }
    return size > 0; // an empty datagram is the end of the channel
}

void send_raw(int to, const Datagram& d) {
    std::array<int, 4> fds;
    fds.fill(STDIN_FILENO);
    iovec part{const_cast<std::uint8_t*>(d.octets.data()), d.octets.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> room{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (d.fds > 0) {
        message.msg_control = room.data();
        message.msg_controllen = CMSG_SPACE(d.fds * sizeof(int));
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(d.fds * sizeof(int));
        memcpy(CMSG_DATA(c), fds.data(), d.fds * sizeof(int));
    }
    must(sendmsg(to, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(d.octets.size()));
}

void run(Reader r) {
    std::uint8_t who = 0;
    if (!r.u8(who)) return;
    auto [ours, theirs] = channel_pair();
    Receiver receiver(static_cast<Proc>(who % kProcesses), static_cast<Proc>(who / kProcesses % kProcesses),
                      std::move(ours));
    Datagram d;
    while (next_datagram(r, d)) {
        send_raw(theirs.get(), d);
        if (!receiver.judge(d.octets, d.fds)) return;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    log_set_sink([](LogLevel, std::string_view) {});
    const int before = lowest_free_descriptor();
    run(Reader(Bytes(data, size)));
    must(lowest_free_descriptor() == before);
    return 0;
}
