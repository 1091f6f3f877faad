// SPDX-License-Identifier: ISC
// Accounting: the whole life of a record.
#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/digest.h"
#include "lib/radius/packet.h"
#include "radiusd-client/accounting.h"
#include "tests/unit/radius_spool.h"

namespace lns::radius_client {
namespace {

using namespace std::chrono_literals;
using imsg::AcctKind;

const MonoTime kStart{1000s};

const Endpoint kServer{Ipv4{0x0a000001}, 1646};
const Secret kSecret("s3cret");

imsg::AcctRequest acct(AcctKind kind, std::uint64_t acct_session_id, std::uint32_t sequence = 1) {
    imsg::AcctRequest r{};
    r.session = 300;
    r.generation = 9;
    r.kind = kind;
    r.acct_session_id = acct_session_id;
    r.event_time = 1700000000;
    r.sequence = sequence;
    r.user = "joe";
    return r;
}

struct Life {
    explicit Life(const std::string& path)
        : context{.rng = rng,
                  .counters = counters,
                  .board = board,
                  .sockets = 2,
                  .send =
                      [this](std::uint16_t socket, Endpoint to, Bytes packet) {
                          sent.push_back({socket, to, {packet.begin(), packet.end()}});
                      },
                  .wall = [this] { return wall; },
                  .settings = {}},
          accounting(context, path, [this](const imsg::AcctStored& s) { stored.push_back(s); }) {
        context.settings.accounting = true;
        context.settings.secret = kSecret;
        context.settings.acct_servers = {kServer};
        accounting.configure(now);
        accounting.tick(now);
    }
    void advance(Clock::duration by) {
        const MonoTime until = now + by;
        while (accounting.next_deadline() <= until) {
            step(accounting.next_deadline());
            accounting.tick(now);
        }
        step(until);
    }
    void step(MonoTime to) {
        wall += whole_seconds(to - kStart) - whole_seconds(now - kStart);
        now = std::max(now, to);
    }
    struct Packet {
        std::uint16_t socket;
        Endpoint to;
        std::vector<std::uint8_t> octets;
    };
    void acknowledge(const Packet& request) {
        std::vector<std::uint8_t> reply{5, request.octets[1], 0, 20};
        const Md5Digest digest =
            md5({Bytes(reply).first(4), Bytes(request.octets).subspan(4, 16), kSecret.reveal_octets()});
        reply.insert(reply.end(), digest.begin(), digest.end());
        const auto packet = radius::PacketView::parse(reply);
        const auto result = accounting.requests().receive(
            request.socket, request.to, *packet, [](Endpoint) { return true; }, now);
        EXPECT_FALSE(result.judgement.drop);
    }
    static std::uint32_t number(const Packet& packet, radius::Attr type) {
        Bytes value;
        std::uint32_t v = 0xdeadbeef;
        const auto view = radius::PacketView::parse(packet.octets);
        if (!view.ok() || !view->find(type, value)) return v;
        Reader r(value);
        return r.u32(v) ? v : 0xdeadbeef;
    }
    std::uint32_t kind_of_last() const { return number(sent.back(), radius::Attr::AcctStatusType); }

    SeededRng rng{1};
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(256);
    shm::CounterWords counters{words};
    RequestBoard board;
    std::int64_t wall = 1700000000;
    MonoTime now = kStart;
    std::vector<Packet> sent;
    std::vector<imsg::AcctStored> stored;
    Context context;
    Accounting accounting;
};

TEST(Accounting, IsSentAtOnceAndNeverOnDiskWhenAcknowledgedSoon) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    EXPECT_TRUE(life.stored.empty()); // sessiond would ask again
    ASSERT_EQ(life.sent.size(), 1U);
    life.advance(Accounting::kPatience / 2);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
    EXPECT_TRUE(life.stored.empty());
    life.acknowledge(life.sent[0]);
    ASSERT_EQ(life.stored.size(), 1U);
    EXPECT_EQ(life.stored[0].session, 300U);
    EXPECT_EQ(life.stored[0].generation, 9U);
    life.advance(1s);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
    EXPECT_EQ(life.accounting.held(), 0U);
    EXPECT_EQ(life.stored.size(), 1U);
    EXPECT_EQ(life.sent.size(), 1U);
}

TEST(Accounting, TellsSessiondAfterTheCommitAndForgetsAfterTheAcknowledgement) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.advance(Accounting::kPatience);
    ASSERT_EQ(life.stored.size(), 1U);
    EXPECT_EQ(life.stored[0].session, 300U);
    EXPECT_EQ(life.stored[0].generation, 9U);
    ASSERT_EQ(life.sent.size(), 1U);
    EXPECT_EQ(life.accounting.spool()->count(), 1U);
    life.acknowledge(life.sent[0]);
    life.advance(10ms);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
    EXPECT_EQ(life.accounting.held(), 0U);
    EXPECT_EQ(life.stored.size(), 1U);
}

TEST(Accounting, WritesOnlyWhatHasWaitedForLong) {
    const Directory directory;
    Life life(directory.spool());
    for (std::uint64_t i = 0; i < 10; ++i) {
        life.accounting.request(acct(AcctKind::start, 100 + i), life.now);
        life.advance(Accounting::kPatience / 4);
    }
    EXPECT_EQ(life.accounting.spool()->count(), 7U);
    life.advance(Accounting::kPatience);
    EXPECT_EQ(life.accounting.spool()->count(), 10U);
    EXPECT_EQ(life.stored.size(), 10U);
}

TEST(Accounting, LeavesNothingInMemoryAloneBeforeTheEnd) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::stop, 100), life.now);
    life.accounting.commit_all(life.now);
    EXPECT_EQ(life.accounting.in_spool(), 1U);
    life.accounting.request(acct(AcctKind::off, 101), life.now);
    life.advance(0ms);
    EXPECT_EQ(life.accounting.in_spool(), 2U);
}

TEST(Accounting, ARequestRepeatedBeforeTheAnswerIsTheSameRecord) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.accounting.request(acct(AcctKind::start, 100, 77), life.now); // sessiond crashed and asks again
    ASSERT_EQ(life.sent.size(), 1U);
    life.acknowledge(life.sent[0]);
    ASSERT_EQ(life.stored.size(), 1U);
    EXPECT_EQ(life.stored[0].sequence, 77U);
    life.advance(1s);
    EXPECT_EQ(life.sent.size(), 1U);
    EXPECT_EQ(life.accounting.held(), 0U);
}

TEST(Accounting, ManyRecordsShareACommit) {
    const Directory directory;
    Life life(directory.spool());
    for (std::uint64_t i = 0; i < 3000; ++i)
        life.accounting.request(acct(AcctKind::start, 100 + i), life.now);
    life.advance(Accounting::kPatience);
    EXPECT_EQ(life.stored.size(), 3000U);
    std::size_t acknowledged = 0;
    while (acknowledged < life.sent.size()) {
        life.acknowledge(Life::Packet(life.sent[acknowledged++]));
        life.advance(1ms);
    }
    life.advance(10ms);
    EXPECT_EQ(acknowledged, 3000U);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, VeryManyRecordsAreCommittedInPartsOneAfterTheOther) {
    const Directory directory;
    Life life(directory.spool());
    for (std::uint64_t i = 0; i < 3000; ++i)
        life.accounting.request(acct(AcctKind::stop, 100 + i), life.now);
    life.step(life.accounting.next_deadline());
    life.accounting.tick(life.now);
    EXPECT_GT(life.stored.size(), 0U);
    EXPECT_LT(life.stored.size(), 3000U);
    EXPECT_LE(life.accounting.next_deadline(), life.now); // and log-ins have their turn in between
    life.advance(0ms);
    EXPECT_EQ(life.stored.size(), 3000U);
}

TEST(Accounting, StopNeverOvertakesItsStart) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.accounting.request(acct(AcctKind::stop, 100), life.now);
    life.advance(10ms);
    ASSERT_EQ(life.sent.size(), 1U);
    EXPECT_EQ(life.kind_of_last(), 1U);
    life.acknowledge(Life::Packet(life.sent[0]));
    ASSERT_EQ(life.sent.size(), 2U);
    EXPECT_EQ(life.kind_of_last(), 2U);
}

TEST(Accounting, IsSentLaterWithItsDelayForAsLongAsItTakes) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.advance(10ms);
    ASSERT_EQ(life.sent.size(), 1U);
    EXPECT_EQ(Life::number(life.sent[0], radius::Attr::AcctDelayTime), 0U);
    life.advance(3s);
    ASSERT_EQ(life.sent.size(), 2U);
    EXPECT_EQ(life.sent[0].octets, life.sent[1].octets); // a retransmission is the same packet
    life.advance(7200s);
    const Life::Packet last = life.sent.back();
    EXPECT_GE(Life::number(last, radius::Attr::AcctDelayTime), 7100U);
    EXPECT_NE(Bytes(last.octets).subspan(4, 16)[0] == life.sent[0].octets[4] &&
                  std::equal(last.octets.begin() + 4, last.octets.begin() + 20, life.sent[0].octets.begin() + 4),
              true);
    EXPECT_EQ(life.accounting.spool()->count(), 1U);
    life.acknowledge(last);
    life.advance(10ms);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, GoesOnAfterARestartOldestFirst) {
    const Directory directory;
    {
        Life life(directory.spool());
        for (std::uint64_t i = 0; i < 40; ++i)
            life.accounting.request(acct(AcctKind::start, 100 + i), life.now);
        life.advance(Accounting::kPatience);
        EXPECT_EQ(life.stored.size(), 40U);
    } // no goodbye
    Life life(directory.spool());
    ASSERT_FALSE(life.sent.empty());
    const auto session_of = [](const Life::Packet& p) {
        Bytes value;
        EXPECT_TRUE(radius::PacketView::parse(p.octets)->find(radius::Attr::AcctSessionId, value));
        return std::string(as_text(value));
    };
    EXPECT_EQ(session_of(life.sent[0]), "0000000000000064");
    for (std::size_t i = 0; i < life.sent.size(); ++i)
        life.acknowledge(Life::Packet(life.sent[i]));
    life.advance(10ms);
    EXPECT_EQ(life.sent.size(), 40U);
    EXPECT_EQ(session_of(life.sent[39]), "000000000000008b");
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, WhatAKilledProcessHadSentIsSentAgainAsARetransmission) {
    const Directory directory;
    std::vector<Life::Packet> before;
    {
        Life life(directory.spool());
        for (std::uint64_t i = 0; i < 10; ++i)
            life.accounting.request(acct(AcctKind::start, 100 + i, 7000 + static_cast<std::uint32_t>(i)), life.now);
        life.advance(Accounting::kPatience);
        life.acknowledge(life.sent[0]);
        life.advance(10ms);
        before = life.sent;
    }
    Life life(directory.spool());
    life.advance(1s); // less than the first retransmission takes
    ASSERT_EQ(life.sent.size(), 9U);
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_EQ(life.sent[i].octets, before[i + 1].octets);
        EXPECT_EQ(life.sent[i].socket, before[i + 1].socket);
    }
    life.advance(20s); // the delay says now that it is late: a new packet
    const Life::Packet last = life.sent.back();
    EXPECT_GE(Life::number(last, radius::Attr::AcctDelayTime), 10U);
}

TEST(Accounting, WhatSessiondAsksForAgainIsSentAgainAsARetransmission) {
    const Directory directory;
    std::vector<Life::Packet> before;
    const auto ask = [](Life& life, std::uint32_t i) {
        life.accounting.request(acct(AcctKind::start, 100 + i, 7000 + i), life.now);
    };
    {
        Life life(directory.spool());
        for (std::uint32_t i = 0; i < 10; ++i)
            ask(life, i);
        life.acknowledge(life.sent[0]);
        before = life.sent;
        EXPECT_EQ(life.accounting.in_spool(), 0U);
    }
    Life life(directory.spool());
    for (std::uint32_t i = 1; i < 10; ++i)
        ask(life, i);
    ASSERT_EQ(life.sent.size(), 9U);
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_EQ(life.sent[i].octets, before[i + 1].octets);
        EXPECT_EQ(life.sent[i].socket, before[i + 1].socket);
    }
}

TEST(Accounting, AnswersARepeatedRequestWithoutKeepingItTwice) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::stop, 100), life.now);
    life.advance(Accounting::kPatience);
    life.advance(2s);
    imsg::AcctRequest again = acct(AcctKind::stop, 100, 77); // sessiond crashed and asks again
    again.event_time += 2;
    life.accounting.request(again, life.now);
    life.advance(10ms);
    EXPECT_EQ(life.stored.back().sequence, 77U);
    EXPECT_EQ(life.stored.size(), 2U);
    EXPECT_EQ(life.accounting.spool()->count(), 1U);
    life.acknowledge(Life::Packet(life.sent[0]));
    const std::size_t sent = life.sent.size();
    life.accounting.request(again, life.now);
    life.advance(10ms);
    EXPECT_EQ(life.stored.size(), 3U);
    EXPECT_EQ(life.sent.size(), sent);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, KeepsEachInterimUpdateWhateverItsSequence) {
    const Directory directory;
    Life life(directory.spool());
    for (int i = 0; i < 3; ++i) {
        imsg::AcctRequest interim = acct(AcctKind::interim, 100, 1); // each from another sessiond
        interim.event_time += i * 300;
        life.accounting.request(interim, life.now);
        life.advance(Accounting::kPatience);
    }
    EXPECT_EQ(life.accounting.spool()->count(), 3U);
}

TEST(Accounting, SwitchedOffSendsNothingAndAnswersAtOnce) {
    const Directory directory;
    Life life(directory.spool());
    life.context.settings.accounting = false;
    life.accounting.configure(life.now);
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    EXPECT_EQ(life.stored.size(), 1U);
    life.advance(60s);
    EXPECT_TRUE(life.sent.empty());
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, WithoutASecretRecordsWaitInTheSpool) {
    const Directory directory;
    Life life(directory.spool());
    life.context.settings.secret = Secret();
    life.accounting.configure(life.now);
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.advance(60s);
    EXPECT_EQ(life.stored.size(), 1U);
    EXPECT_TRUE(life.sent.empty());
    life.context.settings.secret = kSecret;
    life.accounting.configure(life.now);
    life.advance(10ms);
    EXPECT_EQ(life.sent.size(), 1U);
}

TEST(Accounting, WithoutADiskSendsFromMemoryAndSaysStoredWhenAcknowledged) {
    const Directory directory;
    Life life(directory.path + "/missing/spool.db");
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.advance(10ms);
    EXPECT_TRUE(life.stored.empty()); // not committed: not said
    ASSERT_EQ(life.sent.size(), 1U);
    EXPECT_GT(life.counters.get(Counter::spool_failures), 0U);
    life.acknowledge(Life::Packet(life.sent[0]));
    EXPECT_EQ(life.stored.size(), 1U);
    life.accounting.request(acct(AcctKind::stop, 100), life.now);
    life.advance(10ms);
    std::filesystem::create_directory(directory.path + "/missing"); // there is room again
    life.advance(2s);
    EXPECT_EQ(life.stored.size(), 2U);
    EXPECT_EQ(life.accounting.spool()->count(), 1U);
}

TEST(Accounting, GoesOnWithAFullDiskAndCatchesUpWhenThereIsRoom) {
    const Directory directory;
    Life life(directory.spool());
    life.accounting.request(acct(AcctKind::start, 100), life.now);
    life.advance(Accounting::kPatience);
    ASSERT_EQ(life.stored.size(), 1U);
    signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit full{1024, before.rlim_max}; // files may not grow: a write fails, as on a full disk
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
    for (std::uint64_t i = 0; i < 50; ++i)
        life.accounting.request(acct(AcctKind::start, 200 + i), life.now);
    life.advance(Accounting::kPatience);
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(life.stored.size(), 1U);
    EXPECT_GT(life.counters.get(Counter::spool_failures), 0U);
    EXPECT_GT(life.sent.size(), 1U); // the server hears of them all the same
    life.advance(2s);
    EXPECT_EQ(life.stored.size(), 51U);
    for (std::size_t i = 0; i < life.sent.size(); ++i)
        if (!std::any_of(life.sent.begin(), life.sent.begin() + static_cast<std::ptrdiff_t>(i),
                         [&](const Life::Packet& p) { return p.octets == life.sent[i].octets; }))
            life.acknowledge(Life::Packet(life.sent[i]));
    life.advance(10ms);
    EXPECT_EQ(life.counters.get(Counter::acct_acknowledged), 51U);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, BoundsWhatItKeepsWithoutADisk) {
    const Directory directory;
    Life life(directory.path + "/missing/spool.db");
    for (std::uint64_t i = 0; i < Accounting::kMostHeld + 5; ++i)
        life.accounting.request(acct(AcctKind::start, 100 + i), life.now);
    EXPECT_EQ(life.accounting.held(), Accounting::kMostHeld);
    EXPECT_EQ(life.counters.get(Counter::acct_refused), 5U);
}

TEST(Accounting, HoldsOnlyAPartOfALongSpoolInMemoryAndSendsAllOfIt) {
    const Directory directory;
    const std::uint64_t total = Accounting::kMostHeld + 3000;
    {
        auto spool = Spool::open(directory.spool());
        ASSERT_TRUE(spool.ok());
        std::vector<SpoolRecord> records;
        for (std::uint64_t i = 1; i <= total; ++i)
            records.push_back(record(static_cast<RecordId>(i), i));
        std::vector<const SpoolRecord*> pointers;
        for (const SpoolRecord& r : records)
            pointers.push_back(&r);
        std::set<RecordId> known;
        ASSERT_TRUE(spool->commit(pointers, {}, known));
    }
    Life life(directory.spool());
    std::size_t acknowledged = 0;
    while (acknowledged < life.sent.size()) {
        EXPECT_LE(life.accounting.held(), Accounting::kMostHeld);
        life.acknowledge(Life::Packet(life.sent[acknowledged++]));
        if (acknowledged % 100 == 0) life.advance(10ms);
    }
    EXPECT_EQ(acknowledged, total);
    life.advance(10ms);
    EXPECT_EQ(life.accounting.spool()->count(), 0U);
}

TEST(Accounting, ARecordOnDiskThatMakesNoSenseIsRemoved) {
    const Directory directory;
    {
        auto spool = Spool::open(directory.spool());
        SpoolRecord bad = record(1, 1);
        bad.kind = AcctKind{99};
        add(*spool, bad);
        bad = record(2, 2);
        bad.attributes.assign(5000, 0);
        add(*spool, bad);
        add(*spool, record(3, 3));
    }
    Life life(directory.spool());
    life.advance(20ms);
    EXPECT_EQ(life.sent.size(), 1U);
    EXPECT_EQ(life.accounting.spool()->count(), 1U);
}

} // namespace
} // namespace lns::radius_client
