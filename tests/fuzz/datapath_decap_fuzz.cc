// SPDX-License-Identifier: ISC
// Datagrams of port 1701, one after the other (two octets of length before each), through decapsulation and the
// joining of TCP: every octet that is written to the TUN device is one of a datagram, or of a header made for a
// joined packet; nothing gets by without the subscriber's source; nothing vanishes uncounted.
#include <cstdlib>
#include <cstring>

#include "datapathd/upstream.h"
#include "tests/unit/datapath_packets.h"

namespace {

using namespace lns;
using namespace lns::datapath;
using namespace lns::datapath::test;

void must(bool holds) {
    if (!holds) abort();
}

struct Source final : UdpPort {
    std::vector<ReceivedTrain> trains;
    std::span<const ReceivedTrain> receive(std::size_t most) override {
        return std::span(trains).first(std::min(most, trains.size()));
    }
    void send(std::span<SendTrain>) override { abort(); }
};

struct Device final : TunPort {
    Bytes input;
    std::size_t read(std::span<std::uint8_t>) override { abort(); }
    [[nodiscard]] bool takes_joined_udp() const override { return true; }
    void flush(TunResults&) override {}
    void write(const TunPacket& written, TunResults& results) override {
        const std::span<const iovec> parts = written.parts;
        VirtioHeader header;
        Octets all;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const Bytes part(static_cast<const std::uint8_t*>(parts[i].iov_base), parts[i].iov_len);
            const bool inside = part.data() >= input.data() && part.data() + part.size() <= input.data() + input.size();
            must(inside || i < 2); // headers may be made elsewhere, data never
            all = joined({all, part});
        }
        must(all.size() > sizeof header);
        memcpy(&header, all.data(), sizeof header);
        const Octets packet(all.begin() + sizeof header, all.end());
        must(ip_header_right(packet) && get32(packet, 12) == kSubscriber.value);
        must(header.gso_type == kVirtioGsoNone || packet.size() == header.hdr_len + data_size(header, packet));
        results.written(written, true);
    }
    static std::size_t data_size(const VirtioHeader& header, const Octets& packet) {
        must(header.gso_size > 0 && packet.size() > std::size_t{header.hdr_len} + header.gso_size);
        return packet.size() - header.hdr_len;
    }
};

struct Relay final : ControlPort {
    std::size_t taken = 0;
    bool send(const imsg::Datagram&) override { return ++taken % 2 == 1; }
};

struct Copies final : CopyPort {
    Outcome send(std::span<const Copy> copies) override {
        for (const Copy& copy : copies)
            must(ip_header_right(copy.packet));
        return {copies.size(), 0, 0};
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Tables tables;
    std::fill(tables.counter_words.begin(), tables.counter_words.end(), 0);
    tables.activate();

    Source source;
    Device device;
    Octets octets(data, data + size); // which may be overwritten
    device.input = octets;
    Reader r(device.input);
    std::uint16_t length = 0;
    Bytes datagram;
    while (r.u16(length) && r.bytes(std::min<std::size_t>(length, r.size()), datagram)) {
        const auto at = static_cast<std::size_t>(datagram.data() - octets.data());
        source.trains.push_back({{kLac, kLacPort}, kOurs, std::span(octets).subspan(at, datagram.size()), 0});
    }

    Relay relay;
    Copies copies;
    SessionCounting sessions(tables.counting);
    Interceptor interceptor(copies, tables.counters);
    Services services(tables.services(), interceptor, tables.counters);
    Upstream upstream(tables.view, {source, device, relay}, services, sessions, tables.counters);
    upstream.run(SIZE_MAX, MonoTime{});
    std::uint64_t counted = 0;
    for (auto c = static_cast<std::size_t>(Counter::up_forwarded); c < static_cast<std::size_t>(Counter::down_packets);
         ++c)
        if (static_cast<Counter>(c) != Counter::up_writes && static_cast<Counter>(c) != Counter::up_octets)
            counted += tables.counter_words[c];
    must(tables.count(Counter::up_datagrams) == source.trains.size() && counted == source.trains.size());
    return 0;
}
