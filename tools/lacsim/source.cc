// SPDX-License-Identifier: ISC
#include "tools/lacsim/source.h"

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lib/base/event.h"
#include "lib/base/rng.h"
#include "tools/lacsim/batch_io.h"
#include "tools/lacsim/output.h"
#include "tools/lacsim/pacer.h"
#include "tools/lacsim/test_packet.h"

namespace lns::lacsim {
namespace {

constexpr std::size_t kMessages = 64;

std::vector<Ipv4> destinations(const Options& options) {
    std::vector<Ipv4> list;
    if (options.to_list.empty()) {
        for (std::uint32_t i = 0; i < options.to_count; ++i)
            list.push_back(Ipv4{options.to_first.value + i});
        return list;
    }
    std::ifstream file(options.to_list);
    std::ostringstream text;
    text << file.rdbuf();
    list = parse_address_list(text.str());
    if (!file || list.empty()) throw std::runtime_error(options.to_list + ": no addresses");
    return list;
}

class Source {
public:
    explicit Source(const Options& options)
        : options_(options), to_(destinations(options)), sequence_(to_.size(), 0), run_(rng_.u32()),
          payload_(options.size - kIpUdpHeader), pacer_(options.pps, options.duration), fd_(open_udp(options.bind)),
          sender_(kMessages, options.gso * payload_), timer_(loop_, [this] { step(); }),
          term_(loop_, SIGTERM, [this] { loop_.stop(); }), interrupt_(loop_, SIGINT, [this] { loop_.stop(); }) {
        for (std::size_t i = 0; i < sender_.messages(); ++i)
            for (std::uint32_t part = 0; part < options.gso; ++part)
                fill_pattern(sender_.buffer(i).subspan(part * payload_, payload_));
    }

    int run() {
        pacer_.start(Clock::now());
        timer_.arm(Clock::duration::zero());
        loop_.run();
        const double seconds = pacer_.seconds(Clock::now());
        Json json;
        json.begin().text("mode", "source").number("destinations", to_.size()).number("size", options_.size);
        json.number("sent", sender_.sent()).number("octets", sender_.sent() * options_.size);
        json.number("send_errors", sender_.errors()).real("seconds", seconds);
        json.real("sent_pps", seconds > 0 ? static_cast<double>(sender_.sent()) / seconds : 0);
        json.flag("ok", sender_.sent() > 0).end();
        write_report(options_, json);
        return sender_.sent() > 0 ? 0 : 1;
    }

private:
    void step() {
        const MonoTime now = Clock::now();
        if (pacer_.over(now)) return loop_.stop();
        std::uint32_t packets = pacer_.due(now, kMessages * options_.gso);
        TestHeader header{.run = run_, .kind = Kind::down, .sent = now};
        while (packets > 0) {
            const std::uint32_t train = std::min(packets, options_.gso);
            if (options_.random) next_ = rng_.below(static_cast<std::uint32_t>(to_.size()));
            header.flow = static_cast<std::uint32_t>(next_);
            header.address = to_[next_];
            for (std::uint32_t i = 0; i < train; ++i) {
                header.sequence = sequence_[next_]++;
                Writer w(sender_.buffer().subspan(i * payload_, payload_));
                write_header(w, header);
            }
            sender_.commit(train * payload_, payload_, Endpoint{to_[next_], options_.to_port});
            next_ = next_ + 1 == to_.size() ? 0 : next_ + 1;
            packets -= train;
        }
        if (!sender_.empty()) sender_.flush(fd_.get());
        timer_.arm(pacer_.busy() ? Clock::duration::zero() : std::chrono::milliseconds(1));
    }

    const Options& options_;
    SystemRng rng_;
    std::vector<Ipv4> to_;
    std::vector<std::uint32_t> sequence_;
    std::uint32_t run_;
    std::size_t payload_;
    Pacer pacer_;
    UniqueFd fd_;
    BatchSender sender_;
    std::size_t next_ = 0;
    EventLoop loop_;
    Timer timer_;
    SignalWatch term_, interrupt_;
};

} // namespace

std::vector<Ipv4> parse_address_list(std::string_view text) {
    std::vector<Ipv4> list;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.empty()) continue;
        const std::size_t comma = line.find(',');
        std::string_view field = comma == line.npos ? line : line.substr(comma + 1);
        field = field.substr(0, field.find(','));
        const auto address = parse_ipv4(field);
        if (!address) return {};
        list.push_back(*address);
    }
    return list;
}

int run_source(const Options& options) { return Source(options).run(); }

} // namespace lns::lacsim
