// SPDX-License-Identifier: ISC
// sessiond in the test's own process, on its own tables, with the test as parent, radiusd-client,
// datapathd (two), clid, LACs and subscribers. Time is the rig's own: it moves with each step().
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "sessiond/sessiond.h"
#include "shm/counters.h"
#include "tests/unit/l2tp_test_lac.h"
#include "tests/unit/ppp_client.h"

namespace lns::sessiond {

class Rig;
using Octets = std::vector<std::uint8_t>;

// A LAC behind a socket of its own.
class LacSite {
public:
    LacSite(Rig& rig, Ipv4 address, const l2tp::test::Lac::Options& options);
    void tick();
    void send(const Octets& datagram);
    void watch(EventLoop& loop);
    void unwatch() { watch_.reset(); }
    // The LAC lost its memory: begins anew, from the same port with the same tunnel id.
    void restart();
    // StopCCN, which ends all calls; once.
    void stop();
    [[nodiscard]] Endpoint endpoint() const;

    std::unique_ptr<l2tp::test::Lac> lac;
    bool deaf = false; // hears and says nothing

private:
    void readable();
    Rig& rig_;
    l2tp::test::Lac::Options options_;
    UniqueFd socket_;
    std::unique_ptr<ReadWatch> watch_;
    bool stopping_ = false;
};

struct Subscriber {
    LacSite* site = nullptr;
    std::uint16_t call = 0; // the LAC's id
    std::unique_ptr<ppp::Client> client;
    std::vector<Octets> frames; // what it got

    [[nodiscard]] const l2tp::test::Lac::LacCall& leg() const { return site->lac->calls.at(call - 1U); }
    [[nodiscard]] bool open() const { return client->open() && !leg().ended; }
    [[nodiscard]] bool got(ppp::Protocol protocol, std::uint8_t code) const;
    void say(const Octets& frame) const;
    void terminate() const; // LCP Terminate-Request
};

class Rig {
public:
    struct Setup {
        std::function<void(conf::Config&)> config{};
        std::string pool = "10.9.0.0/28\n";
        std::string access_lists{};
        bool sessiond = true; // false: the worker alone
        bool quick = false;   // step() waits for nothing: what is late arrives in the next one
        bool numbers = false; // datapathd numbers what sessiond hands it, and sends it
    };
    Rig() : Rig(Setup()) {}
    explicit Rig(Setup setup);
    ~Rig();
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    // ---- time ----
    MonoTime now{std::chrono::hours(10)};
    // A tenth of a second of the rig's time; everything that is on its way arrives.
    void step();
    // Steps until it is so; false when `limit` passes before.
    bool until(const std::function<bool()>& so, Clock::duration limit = std::chrono::seconds(120));
    void advance(Clock::duration by);

    // ---- crashes ----
    void crash();
    void boot();
    void restart() {
        crash();
        boot();
    }
    // save_state: what sessiond writes; and a machine that was booted anew, with that for its new tables.
    std::string save_state();
    void new_boot(const std::string& state, std::uint32_t max_sessions = 0);
    std::vector<imsg::StateLoaded> loads;
    // The settings change while it runs.
    void change_config(const std::function<void(conf::Config&)>& change);
    // It dies in front of the nth change of a table, or sending, from now on (sessiond/table_writer.h), and again
    // in front of the nth after that, and so on; each time a new one is started when the loop's round is over.
    void crash_at(std::vector<int> nth) { crashes_ = std::move(nth); }
    [[nodiscard]] bool crashed() const { return crashes_.empty(); } // as often as was said
    bool passes_crash_point();

    // ---- LACs and subscribers ----
    LacSite& lac(Ipv4 address = Ipv4{0x7f000001}, l2tp::test::Lac::Options options = {.calls = 0});
    LacSite& lac_up(l2tp::test::Lac::Options options = {.calls = 0});
    void stop_lacs();
    Subscriber& dial(LacSite& site, const std::string& user, ppp::AuthMethod method = ppp::AuthMethod::pap);
    Subscriber& dial(LacSite& site, const ppp::Client::Wishes& wishes);
    // Dials and waits until it is online.
    Subscriber& online(LacSite& site, const std::string& user);
    Subscriber& online(LacSite& site, const ppp::Client::Wishes& wishes);
    void forget_subscribers(const LacSite& site);
    // The subscriber's modem lost its memory.
    static void reboot(Subscriber& subscriber, const std::string& user);
    void hear(LacSite& site, const l2tp::Header& header);
    [[nodiscard]] Endpoint server() const { return server_; }

    // ---- tables ----
    shm::Mapping& table(shm::TableId id, std::uint16_t instance = 0);
    [[nodiscard]] TunnelIndex tunnel_of(const LacSite& site);
    [[nodiscard]] SessionIndex index_of(const Subscriber& subscriber);
    [[nodiscard]] shm::TunnelRecord tunnel(TunnelIndex index);
    [[nodiscard]] shm::SessionRecord session(SessionIndex index);
    [[nodiscard]] shm::SessionRecord session(const Subscriber& s) { return session(index_of(s)); }
    [[nodiscard]] shm::ForwardRecord forward(SessionIndex index);
    [[nodiscard]] std::size_t sessions_in_use();
    [[nodiscard]] std::size_t tunnels_in_use();
    void add_traffic(SessionIndex session, std::uint16_t datapath, const shm::Counters64& more);
    template <class C>
    std::uint64_t count(C counter) {
        if constexpr (std::is_same_v<C, Counter>)
            return worker().counters().get(counter);
        else
            return worker().counters().get(counter_of(counter));
    }

    // ---- radiusd-client ----
    std::vector<imsg::AuthRequest> asked;
    std::vector<imsg::AuthCancel> cancelled;
    std::vector<imsg::AcctRequest> records;
    bool answers = true;                                                     // with `verdict`, to every question
    bool stores = true;                                                      // every record
    std::function<void(imsg::AuthReply&)> verdict = [](imsg::AuthReply&) {}; // makes changes to an accept
    void answer(const imsg::AuthRequest& question);
    void store(const imsg::AcctRequest& record);
    void reconnect_radius();
    [[nodiscard]] std::vector<imsg::AcctRequest> records_of(imsg::AcctKind kind) const;

    // ---- datapathd ----
    static constexpr std::uint16_t kDatapaths = 2;
    std::array<std::vector<imsg::ForwardChanged>, kDatapaths> hints;
    std::array<int, kDatapaths> rescans{};
    std::array<bool, kDatapaths> confirms{true, true}; // removals, when asked
    void scan(std::uint16_t datapath);
    void reconnect_datapath(std::uint16_t datapath);
    imsg::Relay& relay(std::uint16_t datapath) { return relays_[datapath]; }
    std::vector<std::uint16_t> numbers; // of what it sent

    // ---- clid, parent ----
    std::vector<imsg::CommandResult> results;
    imsg::Channel& cli() { return *cli_; }
    imsg::Channel& parent() { return *parent_; }
    bool stopping = false; // what a sessiond that starts is told
    bool stopped = false;
    std::vector<std::uint32_t> still_stopping; // sessions left, each time it said so
    std::vector<std::string> log;
    [[nodiscard]] bool logged(std::string_view text) const;
    // What parent and radiusd-client were told, in order: "route add 10.0.0.1/32", "start joe", "stop joe".
    std::vector<std::string> told;
    [[nodiscard]] std::size_t times_told(std::string_view what) const;
    [[nodiscard]] std::size_t when_told(std::string_view what) const; // told.size() when never

    worker::Worker& worker() { return *worker_; }
    imsg::Channel& datapath(std::uint16_t i) { return *datapaths_[i]; }

private:
    void make_tables();
    void make_sockets();
    void hand_over();
    void serve_parent();
    std::unique_ptr<imsg::Channel> serve_radius(UniqueFd fd);
    std::unique_ptr<imsg::Channel> serve_datapath(std::uint16_t i, UniqueFd fd);
    void look(std::uint16_t datapath, std::uint32_t session);
    void round(MonoTime real_end);
    void number_frames();
    void start_sessiond();
    void hear_last_words();

    struct Made {
        shm::Segment segment;
        shm::Mapping map;
        bool writable;
    };
    Setup setup_;
    std::string rundir_;
    std::string state_; // handed over at each boot; empty: none
    std::vector<imsg::StateSaved> saves_;
    conf::Config config_;
    std::uint64_t config_generation_ = 0;
    void publish_config();
    std::vector<Made> tables_;
    UniqueFd l2tp_;
    Endpoint server_;
    std::vector<UniqueFd> relay_ends_;
    std::vector<imsg::Relay> relays_;
    std::unique_ptr<worker::Worker> worker_;
    std::unique_ptr<Sessiond> sessiond_;
    std::unique_ptr<imsg::Channel> parent_;
    std::unique_ptr<imsg::Channel> radius_;
    std::unique_ptr<imsg::Channel> cli_;
    std::array<std::unique_ptr<imsg::Channel>, kDatapaths> datapaths_;
    std::list<LacSite> lacs_;
    std::list<Subscriber> subscribers_;
    std::vector<int> crashes_;
    bool dead_ = false; // what it does from now on is not seen
};

// Row by row what a test says of a reply.
imsg::AuthReply reply_to(const imsg::AuthRequest& question);

} // namespace lns::sessiond
