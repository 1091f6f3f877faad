// SPDX-License-Identifier: ISC
// One Configure-Request for each row of the option tables, and one for what is not in them.
#include "tests/unit/ppp_harness.h"

namespace lns::ppp {
namespace {

struct Row {
    const char* description;
    Octets options;
    Code answer;
    std::optional<Octets> data; // none: not compared
};

const Octets kMru1400 = option(1, {0x05, 0x78});

const Row kLcpRows[] = {
    {"nothing", {}, Code::ConfigureAck, Octets{}},
    {"MRU", kMru1400, Code::ConfigureAck, kMru1400},
    {"MRU 576, the least", option(1, {0x02, 0x40}), Code::ConfigureAck, option(1, {0x02, 0x40})},
    {"MRU 575", option(1, {0x02, 0x3f}), Code::ConfigureNak, option(1, {0x02, 0x40})},
    {"MRU 0", option(1, {0, 0}), Code::ConfigureNak, option(1, {0x02, 0x40})},
    {"MRU 65535", option(1, {0xff, 0xff}), Code::ConfigureAck, option(1, {0xff, 0xff})},
    {"MRU of three octets", option(1, {1, 2, 3}), Code::ConfigureNak, option(1, {0x05, 0xdc})},
    {"MRU without value", option(1), Code::ConfigureNak, option(1, {0x05, 0xdc})},
    {"ACCM", option(2, be32(0)), Code::ConfigureAck, option(2, be32(0))},
    {"ACCM cut", option(2, {0, 0}), Code::ConfigureNak, option(2, be32(0))},
    {"PAP, for us to answer", option(3, {0xc0, 0x23}), Code::ConfigureReject, option(3, {0xc0, 0x23})},
    {"CHAP, for us to answer", option(3, {0xc2, 0x23, 5}), Code::ConfigureReject, option(3, {0xc2, 0x23, 5})},
    {"Quality-Protocol", option(4, {0xc0, 0x25, 0, 0, 0, 1}), Code::ConfigureReject, std::nullopt},
    {"magic", option(5, be32(7)), Code::ConfigureAck, option(5, be32(7))},
    {"magic zero", option(5, be32(0)), Code::ConfigureNak, std::nullopt},
    {"magic cut", option(5, {1}), Code::ConfigureNak, std::nullopt},
    {"PFC and ACFC", join({option(7), option(8)}), Code::ConfigureAck, join({option(7), option(8)})},
    {"PFC with a value", option(7, {1}), Code::ConfigureReject, option(7, {1})},
    {"ACFC with a value", option(8, {1}), Code::ConfigureReject, option(8, {1})},
    {"Callback", option(13, {6}), Code::ConfigureReject, option(13, {6})},
    {"MRRU", option(17, {5, 0xdc}), Code::ConfigureReject, option(17, {5, 0xdc})},
    {"Endpoint-Discriminator", option(19, {1, 'x'}), Code::ConfigureReject, option(19, {1, 'x'})},
    {"unknown", option(200, {1, 2, 3}), Code::ConfigureReject, option(200, {1, 2, 3})},
    {"a reject goes before a nak", join({option(1, {0, 0}), option(200), kMru1400, option(17, {5, 0xdc})}),
     Code::ConfigureReject, join({option(200), option(17, {5, 0xdc})})},
};

TEST(LcpOptions, AreAnsweredByTheirRows) {
    for (const Row& row : kLcpRows) {
        SCOPED_TRACE(row.description);
        Lns lns;
        lns.start();
        lns.clear();
        lns.lcp(Code::ConfigureRequest, 77, row.options);
        ASSERT_EQ(lns.sent.size(), 1U);
        EXPECT_TRUE(lns.sent[0].is(Protocol::LCP, row.answer)) << int{lns.sent[0].code};
        EXPECT_EQ(lns.sent[0].id, 77);
        if (row.data) {
            EXPECT_EQ(lns.sent[0].data, *row.data);
        }
    }
}

TEST(LcpOptions, AreKeptOnceAcknowledged) {
    Lns lns;
    lns.start();
    lns.lcp_up(join({option(1, {0x05, 0x78}), option(2, be32(0xa0000)), option(5, be32(99)), option(7), option(8)}));
    EXPECT_EQ(lns.s.peer.mru, 1400);
    EXPECT_EQ(lns.s.peer.accm, 0xa0000U);
    EXPECT_EQ(lns.s.peer.magic, 99U);
    EXPECT_TRUE(lns.s.peer.pfc);
    EXPECT_TRUE(lns.s.peer.acfc);
}

TEST(LcpOptions, HaveARowForEveryTypeTheirRfcsName) {
    static constexpr std::uint8_t kTypes[] = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 15, 17, 18, 19};
    for (const std::uint8_t type : kTypes) {
        const auto rows = lcp_options();
        EXPECT_TRUE(std::any_of(rows.begin(), rows.end(), [&](const OptionDef& d) { return d.type == type; })) << +type;
    }
}

struct IpcpRow {
    const char* description;
    NetworkParameters parameters;
    Octets options;
    Code answer;
    Octets data;
};

const NetworkParameters kWithDns{Ipv4{0x0a000063}, Ipv4{0x08080808}, Ipv4{0x08080404}};
const NetworkParameters kWithoutDns{Ipv4{0x0a000063}, Ipv4{}, Ipv4{}};
const Octets kOurs = option(3, be32(0x0a000063));

const IpcpRow kIpcpRows[] = {
    {"the assigned address", kWithDns, kOurs, Code::ConfigureAck, kOurs},
    {"no idea of an address", kWithDns, option(3, be32(0)), Code::ConfigureNak, kOurs},
    {"another address", kWithDns, option(3, be32(0xc0a80101)), Code::ConfigureNak, kOurs},
    {"an address cut", kWithDns, option(3, {1, 2}), Code::ConfigureNak, kOurs},
    {"no address option", kWithDns, {}, Code::ConfigureNak, kOurs},
    {"DNS unknown", kWithDns, join({kOurs, option(129, be32(0)), option(131, be32(0))}), Code::ConfigureNak,
     join({option(129, be32(0x08080808)), option(131, be32(0x08080404))})},
    {"DNS as ours", kWithDns, join({kOurs, option(129, be32(0x08080808)), option(131, be32(0x08080404))}),
     Code::ConfigureAck, join({kOurs, option(129, be32(0x08080808)), option(131, be32(0x08080404))})},
    {"DNS, and we have none", kWithoutDns, join({kOurs, option(129, be32(0)), option(131, be32(0))}),
     Code::ConfigureReject, join({option(129, be32(0)), option(131, be32(0))})},
    {"NBNS", kWithDns, join({kOurs, option(130, be32(0)), option(132, be32(0))}), Code::ConfigureReject,
     join({option(130, be32(0)), option(132, be32(0))})},
    {"Van Jacobson", kWithDns, join({kOurs, option(2, {0, 0x2d, 15, 1})}), Code::ConfigureReject,
     option(2, {0, 0x2d, 15, 1})},
    {"IP-Addresses", kWithDns, option(1, join({be32(0), be32(0)})), Code::ConfigureReject,
     option(1, join({be32(0), be32(0)}))},
    {"unknown", kWithDns, join({option(3, be32(0)), option(99, {1})}), Code::ConfigureReject, option(99, {1})},
};

TEST(IpcpOptions, AreAnsweredByTheirRows) {
    for (const IpcpRow& row : kIpcpRows) {
        SCOPED_TRACE(row.description);
        Lns lns;
        lns.parameters = row.parameters;
        lns.start_with(AuthMethod::pap);
        lns.login();
        ASSERT_TRUE(lns.accept());
        lns.clear();
        lns.ipcp(Code::ConfigureRequest, 33, row.options);
        ASSERT_EQ(lns.sent.size(), 1U);
        EXPECT_TRUE(lns.sent[0].is(Protocol::IPCP, row.answer)) << int{lns.sent[0].code};
        EXPECT_EQ(lns.sent[0].id, 33);
        EXPECT_EQ(lns.sent[0].data, row.data);
    }
}

} // namespace
} // namespace lns::ppp
