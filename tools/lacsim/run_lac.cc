// SPDX-License-Identifier: ISC
#include "tools/lacsim/run_lac.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <unistd.h>
#include <vector>

#include "lib/base/event.h"
#include "tools/lacsim/lac.h"
#include "tools/lacsim/output.h"
#include "tools/lacsim/ports.h"
#include "tools/lacsim/report.h"
#include "tools/lacsim/traffic.h"
#include "tools/lacsim/tun.h"

namespace lns::lacsim {
namespace {

constexpr auto kTick = std::chrono::milliseconds(5);
constexpr int kBatchesARound = 4;
constexpr int kTunPacketsARound = 64;

std::unique_ptr<Rng> make_rng(const Options& options) {
    if (options.seed) return std::make_unique<SeededRng>(*options.seed);
    return std::make_unique<SystemRng>();
}

class Program final : public IpSink {
public:
    explicit Program(const Options& options)
        : options_(options), rng_(make_rng(options)), ports_(options, statistics_.l2tp, *rng_),
          lac_(options, statistics_, *rng_, ports_, Clock::now(), open_ports()), traffic_(make_traffic()),
          tick_(loop_, [this] { on_tick(); }), traffic_tick_(loop_, [this] { on_traffic_tick(); }),
          answer_soon_(loop_, [this] { step(Clock::now()); }) {
        lac_.set_ip_sink(this);
        for (std::uint32_t port = 0; port < ports_.count(); ++port)
            reads_.emplace_back(loop_, ports_.fd(port), [this, port] { on_readable(port); });
        for (const int signal : {SIGINT, SIGTERM})
            signals_.emplace_back(loop_, signal, [this] { on_stop(); });
        signals_.emplace_back(loop_, SIGUSR1, [this] { report(); });
        signals_.emplace_back(loop_, SIGHUP, [this] { on_renegotiate(); });
        signals_.emplace_back(loop_, SIGUSR2, [this] { on_traffic_signal(); });
    }

    int run() {
        lac_.start(Clock::now());
        ports_.flush();
        tick_.arm(kTick);
        loop_.run();
        end_progress();
        return report() ? 0 : 1;
    }

private:
    std::vector<std::uint32_t> open_ports() {
        std::vector<std::uint32_t> port_of;
        Endpoint bind = options_.bind;
        for (std::uint32_t t = 0; t < options_.tunnels; ++t) {
            if (t == 0 || !options_.same_port) ports_.open(bind, options_.lns);
            if (bind.port != 0) ++bind.port;
            port_of.push_back(ports_.count() - 1);
        }
        return port_of;
    }

    void on_readable(std::uint32_t port) {
        const MonoTime now = received_at_ = Clock::now();
        for (int i = 0; i < kBatchesARound; ++i)
            if (!ports_.receive(port, [&](Bytes datagram) { lac_.receive(datagram, now); })) break;
        answer_soon_.post(); // when the other ports were read, too
    }

    void on_tick() {
        tick_.arm(kTick);
        ports_.release();
        step(Clock::now());
        show_progress();
    }

    void step(MonoTime now) {
        lac_.step(now);
        ports_.flush();
        if (lac_.phase() == Lac::Phase::ready) on_ready(now);
        if (lac_.phase() == Lac::Phase::done) loop_.stop();
        if (goodbye_deadline_ != MonoTime{} && now >= goodbye_deadline_) {
            lac_.stop_now();
            loop_.stop();
        }
    }

    // Every session is up or has failed.
    void on_ready(MonoTime now) {
        if (!ready_) {
            ready_ = true;
            write_list();
            attach_tun();
            if (!options_.ready_file.empty()) write_file(options_.ready_file, "ready\n");
            if (options_.traffic != Traffic::none && !options_.traffic_on_signal) start_traffic(now);
            hold_until_ = now + (options_.hangup_by_lns.count() > 0 ? options_.hangup_by_lns
                                 : options_.repeat > 1              ? std::chrono::milliseconds(0)
                                                                    : options_.hold);
        }
        if (traffic_->running()) return;
        if (now >= hold_until_ || (options_.hangup_by_lns.count() > 0 && lac_.all_down())) hang_up(now);
    }

    void hang_up(MonoTime now) {
        lac_.hang_up();
        lac_.step(now);
        ports_.flush();
    }

    void on_stop() {
        const MonoTime now = Clock::now();
        if (stopping_) {
            lac_.stop_now();
            return loop_.stop();
        }
        stopping_ = true;
        hang_up(now);
        if (lac_.phase() == Lac::Phase::done) loop_.stop();
    }

    void write_list() {
        if (options_.list.empty()) return;
        std::string text;
        for (const Call& call : lac_.calls()) {
            if (!call.up()) continue;
            const Tunnel& tunnel = call.tunnel();
            text += call.user() + "," + to_string(call.ppp().address()) + "," + std::to_string(tunnel.local_id()) +
                    "," + std::to_string(call.local_session()) + "," + to_string(call.ppp().primary_dns()) + "," +
                    to_string(call.ppp().secondary_dns()) + "," + std::to_string(tunnel.peer_id()) + "," +
                    std::to_string(call.peer_session()) + "," + std::to_string(ports_.local(tunnel.port())) + "\n";
        }
        write_file(options_.list, text);
    }

    bool report() {
        const bool ok = as_asked(options_, statistics_) && !traffic_->failed();
        Json json;
        json.begin();
        report_sessions(json, options_, statistics_);
        if (options_.traffic != Traffic::none) traffic_->report(json);
        json.flag("ok", ok).end();
        write_report(options_, json);
        return ok;
    }

    std::unique_ptr<TrafficTest> make_traffic() {
        const std::size_t nth = traffic_runs_++ % (options_.next_sizes.size() + 1);
        const std::uint32_t size = nth == 0 ? options_.size : options_.next_sizes[nth - 1];
        return std::make_unique<TrafficTest>(options_, size, lac_, ports_, *rng_);
    }
    void start_traffic(MonoTime now) {
        traffic_->start(now);
        traffic_tick_.arm(traffic_->pace());
    }
    void on_traffic_tick() {
        traffic_->step(Clock::now());
        if (traffic_->running()) traffic_tick_.arm(traffic_->pace());
    }
    void on_renegotiate() {
        lac_.renegotiate(Clock::now());
        ports_.flush();
    }
    void on_traffic_signal() {
        if (options_.traffic == Traffic::none || lac_.phase() != Lac::Phase::ready) return;
        if (traffic_->phase() == TrafficTest::Phase::sending) return traffic_->end_sending(Clock::now());
        if (traffic_->phase() != TrafficTest::Phase::idle) traffic_ = make_traffic();
        statistics_.l2tp.longest_unanswered = 0;
        start_traffic(Clock::now());
    }

    void attach_tun() {
        tun_call_ = options_.tun.empty() ? nullptr : lac_.call_numbered(options_.tun_session);
        if (tun_call_ == nullptr || !tun_call_->up()) return;
        const PppClient& ppp = tun_call_->ppp();
        tun_ = std::make_unique<Tun>(options_.tun);
        // An LNS often calls itself by the address it serves L2TP on. A route to that through the device would
        // send the tunnel into itself.
        const bool loop = ppp.peer_address() == options_.lns.address;
        tun_->configure(ppp.address(), loop ? Ipv4{} : ppp.peer_address(), ppp.peer_mru(), options_.tun_routes);
        reads_.emplace_back(loop_, tun_->fd(), [this] { on_tun_readable(); });
    }
    void on_tun_readable() {
        for (int i = 0; i < kTunPacketsARound; ++i) {
            const Bytes packet = tun_->read(tun_buffer_);
            if (packet.empty()) break;
            if (packet[0] >> 4 == 4 && tun_call_->up()) tun_call_->send_ip(packet);
        }
        ports_.flush();
    }

    // IpSink
    void ip_packet(Call& call, Bytes packet) override {
        if (options_.traffic != Traffic::none && traffic_->receive(call, packet, received_at_)) return;
        if (tun_ && &call == tun_call_ && !tun_->write(packet)) ++tun_refused_;
    }

    void show_progress() {
        const MonoTime now = Clock::now();
        if (options_.quiet || now < next_progress_ || isatty(STDERR_FILENO) == 0) return;
        next_progress_ = now + std::chrono::milliseconds(200);
        progress_shown_ = true;
        std::fprintf(stderr, "\rtunnels %llu  sessions: %llu up, %llu failed, %u in flight, %llu ended by LNS \033[K",
                     static_cast<unsigned long long>(statistics_.tunnels_up),
                     static_cast<unsigned long long>(statistics_.sessions_up_now),
                     static_cast<unsigned long long>(statistics_.sessions_failed.total()), lac_.in_flight(),
                     static_cast<unsigned long long>(statistics_.sessions_ended_by_lns.total()));
    }
    void end_progress() const {
        if (progress_shown_) std::fputc('\n', stderr);
    }

    const Options& options_;
    EventLoop loop_;
    Statistics statistics_;
    std::unique_ptr<Rng> rng_;
    Ports ports_;
    Lac lac_;
    std::size_t traffic_runs_ = 0;
    std::unique_ptr<TrafficTest> traffic_;
    std::unique_ptr<Tun> tun_;
    Call* tun_call_ = nullptr;
    std::array<std::uint8_t, 65536> tun_buffer_{};
    std::uint64_t tun_refused_ = 0;
    MonoTime received_at_{};
    Timer tick_, traffic_tick_;
    Deferred answer_soon_;
    std::vector<ReadWatch> reads_;
    std::vector<SignalWatch> signals_;
    bool ready_ = false;
    bool stopping_ = false;
    bool progress_shown_ = false;
    MonoTime hold_until_{};
    MonoTime goodbye_deadline_{};
    MonoTime next_progress_{};
};

} // namespace

int run_lac(const Options& options) { return Program(options).run(); }

} // namespace lns::lacsim
