// SPDX-License-Identifier: ISC
// The form of a state file: what is written is read again, by other releases too, and nothing of a file that
// is not whole is believed.
#include <cstring>
#include <fstream>

#include "lib/state/schema.h"
#include "tests/unit/golden.h"
#include "tests/unit/state_samples.h"

// ---- Records as another release might have them: other members, types, order ----

namespace lns::sessiond::other {

struct Counters {
    std::uint64_t drops = 0; // not known here
    std::uint32_t up_octets = 0;
    std::uint64_t down_octets = 0;
};
struct Ipv6Prefix {
    std::array<std::uint8_t, 16> address{};
    std::uint8_t length = 0;
};
struct Record {
    FixedText<300> user;
    FixedText<300> calling;
    std::uint64_t mru = 0;
    Ipv4 address;
    std::uint64_t session_timeout = 0;
    std::uint32_t generation = 0;
    std::uint8_t state = 0;
    std::uint16_t local_id = 0;
    MonoTime opened{};
    MonoTime idle_timeout{}; // a number here
    Counters carried;
    Ipv6Prefix delegated; // not known here
    std::vector<Ipv6Prefix> more;
};
struct Session {
    Record record;
    std::uint64_t index = 0;
};
struct Garden { // a kind that is not known here
    FixedText<62> name;
};

} // namespace lns::sessiond::other

namespace lns::state {

#define ROW(member) LNS_SAVED(R, member)
#define KIND(type, kind_name, ...)                                                                                     \
    template <>                                                                                                        \
    const Kind& kind_of<sessiond::other::type>() {                                                                     \
        using R = sessiond::other::type;                                                                               \
        static constexpr std::array kFields{__VA_ARGS__};                                                              \
        static constexpr Kind kKind{kind_name, kFields};                                                               \
        return kKind;                                                                                                  \
    }
KIND(Counters, "counters", ROW(drops), ROW(up_octets), ROW(down_octets))
KIND(Ipv6Prefix, "ipv6_prefix", ROW(address), ROW(length))
KIND(Record, "session_record", ROW(user), ROW(calling), ROW(mru), ROW(address), ROW(session_timeout), ROW(generation),
     ROW(state), ROW(local_id), ROW(opened), ROW(idle_timeout), ROW(carried), ROW(delegated), ROW(more))
KIND(Session, "session", ROW(record), ROW(index))
KIND(Garden, "garden", ROW(name))
#undef ROW
#undef KIND

} // namespace lns::state

namespace lns::sessiond {
namespace {

using namespace std::chrono_literals;
using state::Decoder;

const std::string kGolden = LNS_TOP_SRCDIR "/tests/golden/state-1.bin";

Decoder opened(const StateOctets& file) {
    auto decoder = Decoder::open(file, saved_kinds());
    EXPECT_TRUE(decoder.ok()) << decoder.error().message;
    return std::move(*decoder);
}
Decoder opened(StateOctets&&) = delete; // it must outlive the decoder

std::string why_refused(const StateOctets& file) {
    const auto decoder = Decoder::open(file, saved_kinds());
    return decoder ? "" : decoder.error().message;
}

// Fills a record by its own table with values that any member of its type may have.
void generate(void* record, const state::Kind& kind, Rng& rng);

bool generate(void* record, const state::Field& field, Rng& rng) {
    std::array<std::uint8_t, 64> room{};
    Writer w(room);
    switch (field.type) {
    case state::Type::record:
        generate(static_cast<std::uint8_t*>(record) + field.offset, field.kind(), rng);
        return true;
    case state::Type::number:
        state::write_number(w, rng.u64() >> rng.below(64));
        break;
    case state::Type::octets: {
        const std::size_t n = field.size % 2 == 0 && field.size > 40 ? rng.below(20) : field.size;
        for (std::size_t i = 0; i < n; ++i)
            w.u8(static_cast<std::uint8_t>(rng.u16()));
        break;
    }
    case state::Type::time:
        state::write_time(w, kSampleTime + Clock::duration(rng.u32()), kSampleTime);
        break;
    case state::Type::list:
        return true;
    }
    return field.read(record, {w.written(), nullptr, kSampleTime});
}

void generate(void* record, const state::Kind& kind, Rng& rng) {
    for (const state::Field& field : kind.fields)
        for (int i = 0; field.write != nullptr && i < 1000 && !generate(record, field, rng); ++i)
            ; // that value was not for this member
}

template <class Record>
void expect_identity(Rng& rng) {
    Record record{};
    generate(&record, state::kind_of<Record>(), rng);
    const auto add = [](const Record& r) { return [&r](state::Encoder& encoder) { ASSERT_TRUE(encoder.add(r)); }; };
    const StateOctets file = encode_state(kSampleTime, saved_kinds(), add(record));
    const auto back = decode_all<Record>(opened(file), kSampleTime);
    ASSERT_EQ(back.size(), 1U);
    EXPECT_EQ(encode_state(kSampleTime, saved_kinds(), add(back[0])), file);
    if constexpr (std::is_same_v<Record, SavedSession>) {
        EXPECT_EQ(memcmp(&back[0].core.ppp, &record.core.ppp, sizeof record.core.ppp), 0);
        EXPECT_EQ(back[0].record.user, record.record.user);
        EXPECT_EQ(back[0].record.opened, record.record.opened);
        EXPECT_EQ(back[0].record.carried.down_octets, record.record.carried.down_octets);
    }
}

TEST(StateFile, WhatIsWrittenIsReadAgain) {
    SeededRng rng(1);
    for (int i = 0; i < 200; ++i) {
        expect_identity<SavedOrigin>(rng);
        expect_identity<SavedTunnel>(rng);
        expect_identity<SavedSession>(rng);
        expect_identity<SavedLease>(rng);
        expect_identity<SavedCounters>(rng);
    }
}

TEST(StateFile, TheSampleComesBackWhole) {
    const StateOctets file = sample_state();
    const Decoder decoder = opened(file);
    const auto tunnels = decode_all<SavedTunnel>(decoder, kSampleTime);
    const auto sessions = decode_all<SavedSession>(decoder, kSampleTime);
    ASSERT_EQ(tunnels.size(), 1U);
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(fault_of(tunnels[0]), nullptr);
    EXPECT_EQ(fault_of(sessions[0]), nullptr);
    const auto before = restored(sample_tunnel()).core.load<l2tp::ControlConnection>();
    const auto after = restored(tunnels[0]).core.load<l2tp::ControlConnection>();
    EXPECT_EQ(after.ring, before.ring);
    EXPECT_EQ(after.ns, before.ns);
    EXPECT_EQ(after.hello_at, before.hello_at);
    EXPECT_TRUE(decoder.unknown().empty());
}

TEST(StateFile, TimesMoveWithTheMomentOfSaving) {
    const MonoTime here{10s}; // after a reboot
    const StateOctets file = sample_state();
    const auto sessions = decode_all<SavedSession>(opened(file), here);
    ASSERT_EQ(sessions.size(), 1U);
    EXPECT_EQ(here - sessions[0].record.opened, kSampleTime - sample_session().record.opened);
    EXPECT_EQ(sessions[0].core.ppp.setup_deadline, MonoTime{}) << "not set stays not set";
}

TEST(StateFile, EveryTruncationIsRefused) {
    const StateOctets file = sample_state();
    for (std::size_t n = 0; n < file.size(); ++n)
        ASSERT_FALSE(Decoder::open(Bytes(file).first(n), saved_kinds()).ok()) << n;
    StateOctets longer = file;
    longer.push_back(0);
    EXPECT_NE(why_refused(longer), "");
}

TEST(StateFile, EveryDamagedOctetIsRefused) {
    const StateOctets file = sample_state();
    for (std::size_t i = 0; i < file.size(); ++i)
        for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
            StateOctets damaged = file;
            damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ change);
            ASSERT_NE(why_refused(damaged), "") << i;
        }
}

TEST(StateFile, ForeignFilesAreRefusedWithAReason) {
    EXPECT_EQ(why_refused({}), "it is not a state file of l2tpns");
    EXPECT_EQ(why_refused(StateOctets(4096, 'x')), "it is not a state file of l2tpns");
    StateOctets body = unsealed(sample_state());
    body[13] = 2; // format
    EXPECT_EQ(why_refused(seal(body)), "it has format 2, which this release does not know");
    body = unsealed(sample_state());
    body.resize(body.size() - 6); // the end mark
    EXPECT_EQ(why_refused(seal(body)), "its records are not well-formed");
    body.resize(40);
    EXPECT_EQ(why_refused(seal(body)), "its description of itself is not well-formed");
}

TEST(StateFile, AFileOfABuildWithOtherRecordsLoads) {
    other::Session session;
    session.index = 300;
    session.record.user.assign("joe");
    session.record.calling.assign(std::string(200, '1')); // longer than ours can be
    session.record.mru = 1480;
    session.record.address = Ipv4{0x0a090003};
    session.record.session_timeout = 0x100000000; // more than ours holds
    session.record.generation = 5;
    session.record.state = static_cast<std::uint8_t>(shm::SessionState::open);
    session.record.local_id = 17;
    session.record.opened = kSampleTime - 5s;
    session.record.idle_timeout = kSampleTime;
    session.record.carried = {9, 1000, 0x200000000};
    session.record.more.resize(3);
    const std::array kinds{&state::kind_of<other::Session>(), &state::kind_of<other::Garden>()};
    const StateOctets file = encode_state(kSampleTime, kinds, [&](state::Encoder& encoder) {
        encoder.add(session);
        encoder.add(other::Garden{"walled"});
        encoder.add(session);
    });
    const Decoder decoder = opened(file);
    const auto sessions = decode_all<SavedSession>(decoder, kSampleTime);
    ASSERT_EQ(sessions.size(), 2U);
    const SavedSession& s = sessions[1];
    EXPECT_EQ(s.index, 300U);
    EXPECT_EQ(s.record.user.view(), "joe");
    EXPECT_EQ(s.record.mru, 1480);
    EXPECT_EQ(s.record.address, session.record.address);
    EXPECT_EQ(s.record.generation, Generation{5});
    EXPECT_EQ(s.record.state, shm::SessionState::open);
    EXPECT_EQ(s.record.local_id, SessionId{17});
    EXPECT_EQ(s.record.opened, session.record.opened);
    EXPECT_EQ(s.record.carried.up_octets, 1000U);
    EXPECT_EQ(s.record.carried.down_octets, 0x200000000U);
    EXPECT_TRUE(s.record.calling.empty()) << "half a number would be another one";
    EXPECT_EQ(s.record.session_timeout, 0U);
    EXPECT_EQ(s.core.ppp.mru, ppp::kDefaultMru) << "of what the file has not, the default";
    EXPECT_EQ(decoder.unknown(),
              (std::vector<std::string>{"session_record.calling", "session_record.session_timeout",
                                        "session_record.idle_timeout", "session_record.delegated",
                                        "session_record.more", "counters.drops", "ipv6_prefix", "garden"}));
}

// Written once, by the first release that had state files: every later one must read it.
TEST(StateFile, AFileOfTheFirstReleaseLoads) {
    if (std::getenv("LNS_UPDATE_GOLDEN") != nullptr && !std::ifstream(kGolden).good())
        golden::expect(kGolden, std::string(as_text(sample_state())));
    const std::string text = golden::read(kGolden);
    const StateOctets file(text.begin(), text.end());
    const Decoder decoder = opened(file);
    EXPECT_TRUE(decoder.unknown().empty());
    const auto same = [&](const auto& expected) {
        using Record = std::remove_cvref_t<decltype(expected)>;
        const auto found = decode_all<Record>(decoder, kSampleTime);
        ASSERT_EQ(found.size(), 1U);
        const auto octets = [](const Record& r) {
            return encode_state(kSampleTime, saved_kinds(), [&](state::Encoder& e) { e.add(r); });
        };
        EXPECT_EQ(octets(found[0]), octets(expected));
    };
    same(SavedOrigin{"l2tpns 0.1.0", 1764004800});
    same(sample_tunnel());
    SavedSession session = sample_session();
    session.services = {}; // the first release had none
    same(session);
    same(sample_lease());
}

TEST(StateFile, ARecordThatIsTooLargeIsNotWritten) {
    SavedTunnel tunnel = sample_tunnel();
    tunnel.unacknowledged.resize(5000, l2tp::icrp(SessionId{1}, PeerSessionId{1}));
    bool added = true;
    const StateOctets file = encode_state(kSampleTime, saved_kinds(), [&](state::Encoder& encoder) {
        added = encoder.add(tunnel);
        encoder.add(sample_lease());
    });
    EXPECT_FALSE(added);
    EXPECT_TRUE(decode_all<SavedTunnel>(opened(file), kSampleTime).empty());
    EXPECT_EQ(decode_all<SavedLease>(opened(file), kSampleTime).size(), 1U);
}

TEST(SavedRecords, WhatCannotBeWorkedWithHasAFault) {
    const auto tunnel = [](auto change) {
        SavedTunnel t = sample_tunnel();
        change(t);
        return std::string(fault_of(t) != nullptr ? fault_of(t) : "");
    };
    const auto session = [](auto change) {
        SavedSession s = sample_session();
        change(s);
        return std::string(fault_of(s) != nullptr ? fault_of(s) : "");
    };
    EXPECT_EQ(tunnel([](auto&) {}), "");
    EXPECT_EQ(tunnel([](auto& t) { t.record.state = shm::TunnelState::free; }), "it is none");
    EXPECT_EQ(tunnel([](auto& t) { t.connection.tunnel = TunnelId{1}; }), "its ids differ");
    EXPECT_EQ(tunnel([](auto& t) { t.record.peer.port = 0; }), "its LAC is not known");
    EXPECT_EQ(tunnel([](auto& t) { t.connection.ns = 900; }), "its sequence numbers do not fit");
    EXPECT_EQ(tunnel([](auto& t) { t.connection.high = 5; }), "its sequence numbers do not fit");
    EXPECT_EQ(tunnel([](auto& t) { t.unacknowledged.pop_back(); }), "its sequence numbers do not fit");
    EXPECT_EQ(tunnel([](auto& t) { t.unacknowledged[0].type = 200; }), "it holds a message that we do not send");
    EXPECT_EQ(session([](auto&) {}), "");
    EXPECT_EQ(session([](auto& s) { s.record.generation = Generation::none; }), "it is none");
    EXPECT_EQ(session([](auto& s) { s.core.call.session = SessionId{1}; }), "its ids differ");
    EXPECT_EQ(session([](auto& s) { s.record.auth_method = 3; }), "its authentication is not known");
    EXPECT_EQ(session([](auto& s) { s.record.end_reason = 255; }), "the reason for its end is not known");
    EXPECT_EQ(session([](auto& s) { s.record.address = {}; }), "it has no address");
    EXPECT_EQ(session([](auto& s) { s.record.user.assign(""); }), "it has no user");
    EXPECT_EQ(session([](auto& s) { s.aaa.route_count = 11; }), "what RADIUS gave it is not well-formed");
    EXPECT_EQ(session([](auto& s) { s.aaa.classes.assign("\x09gold"); }), "what RADIUS gave it is not well-formed");
}

} // namespace
} // namespace lns::sessiond
