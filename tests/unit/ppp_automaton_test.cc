// SPDX-License-Identifier: ISC
// Every cell of RFC 1661 4.1, as the RFC prints it, against the table and against what a layer does.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

// The two halves of the RFC's table, columns 0-5 and 6-9.
constexpr const char* kLeft = R"(
Up    2      irc,scr/6 -         -             -      -
Down  -      -         0         tls/1         0      1
Open  tls/1  1         irc,scr/6 3r            5r     5r
Close 0      tlf/0     2         2             4      4
TO+   -      -         -         -             str/4  str/5
TO-   -      -         -         -             tlf/2  tlf/3
RCR+  -      -         sta/2     irc,scr,sca/8 4      5
RCR-  -      -         sta/2     irc,scr,scn/6 4      5
RCA   -      -         sta/2     sta/3         4      5
RCN   -      -         sta/2     sta/3         4      5
RTR   -      -         sta/2     sta/3         sta/4  sta/5
RTA   -      -         2         3             tlf/2  tlf/3
RUC   -      -         scj/2     scj/3         scj/4  scj/5
RXJ+  -      -         2         3             4      5
RXJ-  -      -         tlf/2     tlf/3         tlf/2  tlf/3
RXR   -      -         2         3             4      5
)";
constexpr const char* kRight = R"(
Up    -         -         -         -
Down  1         1         1         tld/1
Open  6         7         8         9r
Close irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
TO+   scr/6     scr/6     scr/8     -
TO-   tlf/3p    tlf/3p    tlf/3p    -
RCR+  sca/8     sca,tlu/9 sca/8     tld,scr,sca/8
RCR-  scn/6     scn/7     scn/6     tld,scr,scn/6
RCA   irc/7     scr/6x    irc,tlu/9 tld,scr/6x
RCN   irc,scr/6 scr/6x    irc,scr/8 tld,scr/6x
RTR   sta/6     sta/6     sta/6     tld,zrc,sta/5
RTA   6         6         8         tld,scr/6
RUC   scj/6     scj/7     scj/8     scj/9
RXJ+  6         6         8         9
RXJ-  tlf/3     tlf/3     tlf/3     tld,irc,str/5
RXR   6         7         8         ser/9
)";
const std::vector<std::string> kEventNames{"Up",  "Down", "Open", "Close", "TO+", "TO-",  "RCR+", "RCR-",
                                           "RCA", "RCN",  "RTR",  "RTA",   "RUC", "RXJ+", "RXJ-", "RXR"};

struct Expected {
    int next = -1;
    std::string actions; // "irc,scr"
    char note = 0;       // r, p or x
};

Expected parse_cell(std::string cell) {
    Expected e;
    if (cell == "-") return e;
    if (std::isdigit(static_cast<unsigned char>(cell.back())) == 0) {
        e.note = cell.back();
        cell.pop_back();
    }
    const auto slash = cell.find('/');
    if (slash != std::string::npos) e.actions = cell.substr(0, slash);
    e.next = std::stoi(slash == std::string::npos ? cell : cell.substr(slash + 1));
    return e;
}

using Table = std::map<std::string, std::vector<Expected>>;

Table rfc_table() {
    Table table;
    for (const char* half : {kLeft, kRight}) {
        std::istringstream lines{half};
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words{line};
            std::string event;
            if (!(words >> event)) continue;
            for (std::string word; words >> word;)
                table[event].push_back(parse_cell(word));
        }
    }
    return table;
}

Actions bits(const Expected& e) {
    using namespace action;
    static const std::map<std::string, Actions> names{
        {"tlu", tlu}, {"tld", tld}, {"tls", tls}, {"tlf", tlf}, {"irc", irc}, {"zrc", zrc}, {"scr", scr},
        {"sca", sca}, {"scn", scn}, {"str", str}, {"sta", sta}, {"scj", scj}, {"ser", ser}};
    int all = e.note == 'r' ? r : e.note == 'p' ? p : e.note == 'x' ? x : 0;
    std::istringstream words{e.actions};
    for (std::string word; std::getline(words, word, ',');)
        all |= names.at(word);
    return static_cast<Actions>(all);
}

TEST(PppAutomaton, IsTheTableOfRfc1661) {
    const Table table = rfc_table();
    ASSERT_EQ(table.size(), kEventCount);
    for (std::size_t e = 0; e < kEventCount; ++e) {
        const auto& row = table.at(kEventNames[e]);
        ASSERT_EQ(row.size(), kStateCount);
        for (std::size_t s = 0; s < kStateCount; ++s) {
            SCOPED_TRACE(kEventNames[e] + " in " + std::string(name(static_cast<State>(s))));
            const Cell c = cell(static_cast<Event>(e), static_cast<State>(s));
            EXPECT_EQ(c.next, row[s].next);
            EXPECT_EQ(c.actions, bits(row[s]));
        }
    }
}

// A protocol with one option, 1, of four octets: value 1 is good.
Judgement judge_one(const Context& /*cx*/, std::optional<std::uint32_t> value, Offer& /*offer*/) {
    return {value == 1U ? Answer::ack : Answer::nak, 1};
}
constexpr std::array kOneOption{OptionDef{1, "One", 6, 6, judge_one}};

class TestLayer final : public Layer {
public:
    explicit TestLayer(Context& cx) : Layer(cx, cx.s.lcp, Protocol::LCP) {}
    std::vector<std::string> done;

private:
    void this_layer_up() override { done.emplace_back("tlu"); }
    void this_layer_down() override { done.emplace_back("tld"); }
    void this_layer_finished() override { done.emplace_back("tlf"); }
    void write_request(Writer& out) const override {
        out.u8(2);
        out.u8(2);
    }
    std::span<const OptionDef> options() const override { return kOneOption; }
    Reason disagreement() const override { return Reason::negotiation_failed; }
    bool option_naked(std::uint8_t /*type*/, Bytes /*value*/) override { return true; }
    bool option_rejected(std::uint8_t /*type*/) override { return true; }
    void send_echo_reply() override { done.emplace_back("ser"); }
    bool further_code(const Packet& packet) override {
        if (static_cast<Code>(packet.code) != Code::EchoRequest) return false;
        event(Event::RXR);
        return true;
    }
};

// One event the way it comes in life: by call, timer or packet.
void cause(TestLayer& layer, Session& s, const std::string& event) {
    static const std::map<std::string, Event> calls{
        {"Up", Event::Up}, {"Down", Event::Down}, {"Open", Event::Open}, {"Close", Event::Close}};
    static const std::map<std::string, Octets> packets{
        {"RCR+", packet(Code::ConfigureRequest, 9, option(1, be32(1)))},
        {"RCR-", packet(Code::ConfigureRequest, 9, option(1, be32(2)))},
        {"RCA", packet(Code::ConfigureAck, 5, option(2))},
        {"RCN", packet(Code::ConfigureNak, 5, option(2))},
        {"RTR", packet(Code::TerminateRequest, 9)},
        {"RTA", packet(Code::TerminateAck, 9)},
        {"RUC", packet(99, 9)},
        {"RXJ+", packet(Code::CodeReject, 9, packet(99, 1))},
        {"RXJ-", packet(Code::CodeReject, 9, packet(Code::ConfigureRequest, 1))},
        {"RXR", packet(Code::EchoRequest, 9, be32(0))},
    };
    s.lcp.request_id = 5;
    s.lcp.answer_awaited = true; // also where the automaton would not await one: the cell must be right
    if (event == "TO+" || event == "TO-") {
        s.lcp.deadline = MonoTime{std::chrono::seconds(1)};
        s.lcp.restart_counter = event == "TO+" ? 3 : 0;
        layer.tick();
    } else if (const auto call = calls.find(event); call != calls.end()) {
        layer.event(call->second);
    } else {
        layer.receive(packets.at(event));
    }
}

std::string action_of(std::uint8_t code) {
    static const std::map<Code, std::string> names{{Code::ConfigureRequest, "scr"}, {Code::ConfigureAck, "sca"},
                                                   {Code::ConfigureNak, "scn"},     {Code::TerminateRequest, "str"},
                                                   {Code::TerminateAck, "sta"},     {Code::CodeReject, "scj"}};
    return names.at(static_cast<Code>(code));
}

std::vector<std::string> sorted_actions(const std::string& list) {
    std::vector<std::string> all;
    std::istringstream words{list};
    for (std::string word; std::getline(words, word, ',');)
        if (word != "irc" && word != "zrc" && word != "tls") all.push_back(word); // seen in the counter, or not at all
    std::sort(all.begin(), all.end());
    return all;
}

void run_cell(const std::string& event, State state, const Expected& expected) {
    SCOPED_TRACE(event + " in " + std::string(name(state)));
    Session s;
    s.phase = Phase::open;
    s.lcp.state = state;
    s.lcp.restart_counter = 7;
    const Config cfg;
    SeededRng rng(1);
    Effects effects;
    Context cx{s, cfg, MonoTime{std::chrono::seconds(100)}, rng, effects};
    TestLayer layer(cx);
    cause(layer, s, event);
    std::vector<std::string> done = layer.done;
    for (const Effect& effect : effects)
        if (const auto* f = std::get_if<SendFrame>(&effect)) done.push_back(action_of(f->bytes[4]));
    std::sort(done.begin(), done.end());
    EXPECT_EQ(done, sorted_actions(expected.actions));
    EXPECT_EQ(static_cast<int>(s.lcp.state), expected.next < 0 ? static_cast<int>(state) : expected.next);
    const auto has = [&](const char* word) { return expected.actions.find(word) != std::string::npos; };
    if (has("irc")) {
        const int full = has("str") ? cfg.max_terminate : cfg.max_configure;
        EXPECT_EQ(s.lcp.restart_counter, has("scr") || has("str") ? full - 1 : full);
    }
    if (has("zrc")) {
        EXPECT_EQ(s.lcp.restart_counter, 0);
        EXPECT_EQ(s.lcp.deadline, cx.now + cfg.restart);
    }
    if (has("scr") || has("str")) {
        EXPECT_EQ(s.lcp.deadline, timer_runs_in(s.lcp.state) ? cx.now + cfg.restart : MonoTime{});
    }
    if (expected.next >= 0 && !timer_runs_in(s.lcp.state)) {
        EXPECT_EQ(s.lcp.deadline, MonoTime{});
    }
}

TEST(PppLayer, DoesWhatTheTableSaysInEveryCell) {
    for (const auto& [event, row] : rfc_table())
        for (std::size_t s = 0; s < kStateCount; ++s)
            // A timer cannot run out where it does not run; packets cannot come to a layer that is not up.
            if (event[0] != 'T' || row[s].next >= 0) run_cell(event, static_cast<State>(s), row[s]);
}

TEST(PppLayer, TakesNoPacketWhileTheLinkBelowIsDown) {
    for (const State state : {State::Initial, State::Starting}) {
        Session s;
        s.lcp.state = state;
        const Config cfg;
        SeededRng rng(1);
        Effects effects;
        Context cx{s, cfg, MonoTime{std::chrono::seconds(100)}, rng, effects};
        TestLayer layer(cx);
        layer.receive(packet(Code::ConfigureRequest, 9, {1, 0}));
        ASSERT_EQ(effects.size(), 1U);
        EXPECT_EQ(std::get<Count>(effects[0]).counter, Counter::out_of_phase);
    }
}

TEST(PppLayer, BringsTheLayerDownBeforeItAnswersAndUpAfterwards) {
    Session s;
    s.lcp.state = State::Opened;
    const Config cfg;
    SeededRng rng(1);
    Effects effects;
    Context cx{s, cfg, MonoTime{std::chrono::seconds(100)}, rng, effects};
    TestLayer layer(cx);
    layer.receive(packet(Code::ConfigureRequest, 9, option(1, be32(1))));
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_EQ(std::get<SendFrame>(effects[0]).bytes[4], static_cast<int>(Code::ConfigureRequest));
    EXPECT_EQ(std::get<SendFrame>(effects[1]).bytes[4], static_cast<int>(Code::ConfigureAck));
    EXPECT_EQ(layer.done, std::vector<std::string>{"tld"});
}

TEST(PppLayer, KeepsTheIdentifierOfARepeatedRequestAndChangesItOtherwise) {
    Lns lns;
    lns.start();
    const std::uint8_t first = lns.sent.at(0).id;
    lns.advance(lns.cfg.restart);
    ASSERT_EQ(lns.sent.size(), 2U);
    EXPECT_EQ(lns.sent[1].id, first);
    EXPECT_EQ(lns.sent[1].data, lns.sent[0].data);
    lns.lcp(Code::ConfigureNak, first, option(5, be32(99)));
    EXPECT_EQ(lns.sent.at(2).id, static_cast<std::uint8_t>(first + 1));
}

} // namespace
} // namespace lns::ppp
