// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/l2tp_bytes.h"

namespace lns::l2tp {
namespace {

using test::Octets;
using test::payload;

const Octets kSecret{'s', 'e', 'c', 'r', 'e', 't'};
const Octets kVector{9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6};

Message decoded(Bytes bytes, Bytes secret = {}) {
    Message m;
    EXPECT_EQ(name(decode_message(bytes, secret, m)), "none");
    return m;
}

WireError structure(Bytes bytes) {
    Message m;
    return decode_message(bytes, kSecret, m);
}

// A value of the smallest size that is right for the AVP; ids and texts are not zero.
Octets good_value(const AvpDef& def) {
    return Octets(std::max<std::size_t>(def.min, def.kind == AvpKind::Speed ? 4 : 0), 1);
}

TEST(MessageDecode, AnEmptyPayloadIsAZlb) {
    const Message m = decoded({});
    EXPECT_TRUE(m.zlb);
    EXPECT_FALSE(m.known);
    EXPECT_FALSE(m.fault);
}

struct BadMessage {
    const char* description;
    Octets bytes;
    WireError error;
};
class MessageBad : public testing::TestWithParam<BadMessage> {};
TEST_P(MessageBad, IsDroppedWhole) {
    EXPECT_EQ(name(structure(GetParam().bytes)), name(GetParam().error)) << GetParam().description;
}
INSTANTIATE_TEST_SUITE_P(
    Rows, MessageBad,
    testing::Values(
        BadMessage{"Message Type empty", {0x80, 6, 0, 0, 0, 0}, WireError::message_type_bad},
        BadMessage{"Message Type of one octet", {0x80, 7, 0, 0, 0, 0, 1}, WireError::message_type_bad},
        BadMessage{"Message Type of three octets", {0x80, 9, 0, 0, 0, 0, 0, 1, 1}, WireError::message_type_bad},
        BadMessage{"Message Type hidden", {0xc0, 8, 0, 0, 0, 0, 0, 1}, WireError::message_type_bad},
        BadMessage{"Message Type with a reserved bit", {0x84, 8, 0, 0, 0, 0, 0, 1}, WireError::message_type_bad},
        BadMessage{"Host Name first", {0x80, 7, 0, 0, 0, 7, 'x'}, WireError::message_type_first},
        BadMessage{"vendor's AVP 0 first", {0x80, 8, 0, 9, 0, 0, 0, 1}, WireError::message_type_first},
        BadMessage{"AVP length 0 behind the type", {0x80, 8, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0}, WireError::avp_short},
        BadMessage{"AVP length 5 behind the type", {0x80, 8, 0, 0, 0, 0, 0, 6, 0, 5, 0, 0, 0, 0}, WireError::avp_short},
        BadMessage{"AVP length 1023", {0x80, 8, 0, 0, 0, 0, 0, 6, 0x03, 0xff, 0, 0, 0, 0}, WireError::avp_long},
        BadMessage{"trailing octet", {0x80, 8, 0, 0, 0, 0, 0, 6, 0}, WireError::avp_long},
        BadMessage{"unknown message, broken AVP", {0x00, 8, 0, 0, 0, 0, 1, 6, 0, 5, 0, 0, 0, 0}, WireError::avp_short},
        BadMessage{"one octet", {0x80}, WireError::avp_long}));

TEST(MessageDecode, EveryTruncationIsRefusedOrLacksSomething) {
    const Octets whole = test::sccrq(7, [](AvpWriter& a) { a.octets(AvpType::Challenge, Octets(16, 3)); });
    for (std::size_t n = 1; n < whole.size(); ++n) {
        const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
        Message m;
        const bool dropped = decode_message(cut, {}, m) != WireError::none;
        EXPECT_TRUE(dropped || m.fault || !m.has(AvpType::Challenge)) << n;
    }
}

TEST(MessageDecode, TakesEachMessageWithItsRequiredAvps) {
    for (const MessageDef& def : kMessages) {
        const Octets bytes = payload(def.type, [&](AvpWriter& a) {
            for (const AvpDef& avp : kAvps)
                if ((def.required & avp_bit(avp.type)) != 0) a.octets(avp.type, good_value(avp));
        });
        const Message m = decoded(bytes);
        EXPECT_TRUE(m.known);
        EXPECT_EQ(m.type, def.type);
        EXPECT_EQ(m.of_session, def.of_session);
        EXPECT_FALSE(m.fault) << def.name << ' ' << name(m.fault.error);
        EXPECT_EQ(m.present, def.required | avp_bit(AvpType::MessageType)) << def.name;
    }
}

TEST(MessageDecode, MissesEachRequiredAvp) {
    for (const MessageDef& def : kMessages) {
        for (const AvpDef& left_out : kAvps) {
            if ((def.required & avp_bit(left_out.type)) == 0) continue;
            const Message m = decoded(payload(def.type, [&](AvpWriter& a) {
                for (const AvpDef& avp : kAvps)
                    if (avp.type != left_out.type && (def.required & avp_bit(avp.type)) != 0)
                        a.octets(avp.type, good_value(avp));
            }));
            EXPECT_EQ(m.fault.error, WireError::missing_avp) << def.name << ' ' << left_out.name;
            EXPECT_EQ(m.fault.cause.attribute, static_cast<std::uint16_t>(left_out.type)) << def.name;
            EXPECT_EQ(m.fault.cause.result, 2);
        }
    }
}

// Every AVP in a message that may hold it: right size, one octet too many, one too few, hidden, twice.
MessageType carrier(AvpType type) {
    for (const MessageDef& def : kMessages)
        if (((def.required | def.allowed) & avp_bit(type)) != 0) return def.type;
    return MessageType::none;
}

Message with_avp(MessageType type, AvpType under_test, const test::Fill& it) {
    const MessageDef* def = find_message(static_cast<std::uint16_t>(type));
    const Octets bytes = payload(type, [&](AvpWriter& a) {
        for (const AvpDef& avp : kAvps)
            if (avp.type != under_test && (def->required & avp_bit(avp.type)) != 0) a.octets(avp.type, good_value(avp));
        it(a);
    });
    return decoded(bytes, kSecret);
}

class EachAvp : public testing::TestWithParam<AvpDef> {
protected:
    const AvpDef& def() const { return GetParam(); }
    MessageType in() const { return carrier(def().type); }
    void expect_bad(const Message& m, WireError hard, const char* what) const {
        EXPECT_FALSE(m.has(def().type) && hard != WireError::duplicate_avp) << def().name << ' ' << what;
        if (def().mandatory) {
            EXPECT_EQ(name(m.fault.error), name(hard)) << def().name << ' ' << what;
            EXPECT_EQ(m.fault.cause.attribute, static_cast<std::uint16_t>(def().type));
        } else {
            EXPECT_FALSE(m.fault) << def().name << ' ' << what << ' ' << name(m.fault.error);
            EXPECT_GE(m.ignored, 1) << def().name << ' ' << what;
        }
    }
};

TEST_P(EachAvp, IsTakenWithARightSize) {
    for (const std::size_t size : {std::size_t{def().min}, std::size_t{def().max}}) {
        Octets value(size, def().kind == AvpKind::Speed ? '1' : 1);
        if (def().kind == AvpKind::Speed && size > 9) value.resize(9);
        const Message m = with_avp(in(), def().type, [&](AvpWriter& a) { a.octets(def().type, value); });
        EXPECT_FALSE(m.fault) << def().name << ' ' << name(m.fault.error) << ' ' << size;
        EXPECT_TRUE(m.has(def().type)) << def().name;
    }
}

TEST_P(EachAvp, IsMalformedWithAWrongSize) {
    for (const int off : {-1, 1}) {
        const int size = off < 0 ? def().min - 1 : def().max + 1;
        if (size < 0 || size > static_cast<int>(kMaxAvpValue)) continue;
        const Octets value(static_cast<std::size_t>(size), '1');
        const Message m = with_avp(in(), def().type, [&](AvpWriter& a) { a.octets(def().type, value); });
        expect_bad(m, WireError::malformed_avp, off < 0 ? "too short" : "too long");
        if (def().mandatory) {
            EXPECT_EQ(m.fault.cause.error, static_cast<std::uint16_t>(GeneralError::length));
        }
    }
}

TEST_P(EachAvp, TwiceIsOneTooMany) {
    const Octets value = good_value(def());
    const Message m = with_avp(in(), def().type, [&](AvpWriter& a) {
        a.octets(def().type, value);
        a.octets(def().type, value);
    });
    expect_bad(m, WireError::duplicate_avp, "twice");
}

TEST_P(EachAvp, HiddenIsReadOnlyWhereTheRfcAllowsIt) {
    const Octets value = good_value(def());
    const auto hidden = [&](AvpWriter& a) {
        a.octets(AvpType::RandomVector, kVector);
        a.hidden(def().type, value, kSecret, kVector, Octets(11, 0xee));
    };
    const Message m = with_avp(in(), def().type, hidden);
    if (def().may_hide) {
        EXPECT_FALSE(m.fault) << def().name << ' ' << name(m.fault.error);
        EXPECT_TRUE(m.has(def().type));
    } else {
        expect_bad(m, WireError::malformed_avp, "hidden");
    }
}

TEST_P(EachAvp, HiddenWithoutRandomVectorIsMalformed) {
    if (!def().may_hide) return;
    const Message m = with_avp(in(), def().type,
                               [&](AvpWriter& a) { a.hidden(def().type, good_value(def()), kSecret, kVector, {}); });
    expect_bad(m, WireError::hidden_no_vector, "no vector");
}

std::vector<AvpDef> carried() {
    std::vector<AvpDef> rows;
    for (const AvpDef& def : kAvps)
        if (carrier(def.type) != MessageType::none) rows.push_back(def);
    return rows;
}
INSTANTIATE_TEST_SUITE_P(Rows, EachAvp, testing::ValuesIn(carried()),
                         [](const auto& row) { return "Type" + std::to_string(static_cast<int>(row.param.type)); });

TEST(MessageTable, EveryAvpButTheTwoGeneralOnesHasAMessage) {
    EXPECT_EQ(carried().size(), kAvps.size() - 2);
    EXPECT_EQ(carrier(AvpType::MessageType), MessageType::none);
    EXPECT_EQ(carrier(AvpType::RandomVector), MessageType::none);
}

TEST(MessageDecode, ReadsSccrq) {
    const Message m = decoded(test::sccrq(0x1234, [](AvpWriter& a) {
        a.u32(AvpType::BearerCapabilities, 1);
        a.octets(AvpType::TieBreaker, Octets{1, 2, 3, 4, 5, 6, 7, 8});
        a.u16(AvpType::FirmwareRevision, 0x0102);
        a.text(AvpType::VendorName, "acme");
        a.u16(AvpType::ReceiveWindowSize, 8);
        a.octets(AvpType::Challenge, Octets{1, 2, 3});
    }));
    EXPECT_EQ(m.type, MessageType::SCCRQ);
    EXPECT_EQ(m.protocol_version, 0x0100);
    EXPECT_EQ(m.framing_capabilities, 3U);
    EXPECT_EQ(m.bearer_capabilities, 1U);
    EXPECT_EQ(m.firmware_revision, 0x0102);
    EXPECT_EQ(m.host_name.view(), "lac");
    EXPECT_EQ(m.vendor_name.view(), "acme");
    EXPECT_EQ(m.assigned_tunnel, PeerTunnelId{0x1234});
    EXPECT_EQ(m.receive_window, 8);
    EXPECT_EQ(m.challenge, (Octets{1, 2, 3}));
    EXPECT_EQ(m.tie_breaker[7], 8);
}

TEST(MessageDecode, ReadsIcrqAndIccn) {
    const Message q = decoded(payload(MessageType::ICRQ, [](AvpWriter& a) {
        a.u16(AvpType::AssignedSessionId, 77);
        a.u32(AvpType::CallSerialNumber, 0xdeadbeef);
        a.u32(AvpType::BearerType, 2);
        a.u32(AvpType::PhysicalChannelId, 9);
        a.text(AvpType::CallingNumber, "0123");
        a.text(AvpType::CalledNumber, "456");
        a.text(AvpType::SubAddress, "x");
    }));
    EXPECT_EQ(q.assigned_session, PeerSessionId{77});
    EXPECT_EQ(q.call_serial, 0xdeadbeefU);
    EXPECT_EQ(q.bearer_type, 2U);
    EXPECT_EQ(q.physical_channel, 9U);
    EXPECT_EQ(q.calling_number.view(), "0123");
    EXPECT_EQ(q.called_number.view(), "456");
    EXPECT_EQ(q.sub_address.view(), "x");
    const Message n = decoded(test::iccn([](AvpWriter& a) {
        a.octets(AvpType::InitialReceivedLcpConfReq, Octets{1, 2});
        a.u16(AvpType::ProxyAuthenType, 3);
        a.text(AvpType::ProxyAuthenName, "joe");
        a.u16(AvpType::ProxyAuthenId, 5);
        a.u32(AvpType::RxConnectSpeed, 64000);
        a.text(AvpType::PrivateGroupId, "g");
        a.empty(AvpType::SequencingRequired);
    }));
    EXPECT_EQ(n.tx_speed, 1000000U);
    EXPECT_EQ(n.rx_speed, 64000U);
    EXPECT_EQ(n.framing_type, 1U);
    EXPECT_TRUE(n.sequencing_required);
    EXPECT_TRUE(n.has(AvpType::InitialReceivedLcpConfReq));
    EXPECT_EQ(n.proxy_authen_type, 3);
    EXPECT_EQ(n.proxy_authen_name.view(), "joe");
    EXPECT_EQ(n.proxy_authen_id, 5);
    EXPECT_EQ(n.private_group.view(), "g");
    EXPECT_EQ(decoded(test::iccn()).rx_speed, 1000000U) << "4.4.4: the same both ways without Rx Connect Speed";
}

TEST(MessageDecode, ReadsASpeedGivenAsText) {
    struct Row {
        const char* text;
        bool good;
    };
    for (const Row& row : {Row{"64000", true}, Row{"33600bps", false}, Row{"", false}, Row{"99999999999", false}}) {
        const Message m = decoded(payload(MessageType::ICCN, [&](AvpWriter& a) {
            a.text(AvpType::TxConnectSpeed, row.text);
            a.u32(AvpType::FramingType, 1);
        }));
        EXPECT_EQ(!m.fault, row.good) << row.text;
        if (row.good) {
            EXPECT_EQ(m.tx_speed, 64000U);
        }
    }
}

TEST(MessageDecode, ReadsResultCodesInAllTheirLengths) {
    const auto with = [](const Octets& value) {
        return decoded(payload(MessageType::CDN, [&](AvpWriter& a) {
            a.octets(AvpType::ResultCode, value);
            a.u16(AvpType::AssignedSessionId, 1);
            a.octets(AvpType::Q931CauseCode, Octets{0, 16, 5, 'h', 'i'});
            a.octets(AvpType::PppDisconnectCause, Octets{0, 3, 0xc0, 0x21, 1, 'b', 'y', 'e'});
        }));
    };
    Message m = with({0, 3});
    EXPECT_EQ(m.result, 3);
    EXPECT_EQ(m.error, 0);
    EXPECT_EQ(m.q931_cause, 16);
    EXPECT_EQ(m.q931_message, 5);
    EXPECT_EQ(m.ppp_disconnect_cause, 3);
    EXPECT_EQ(m.ppp_disconnect_protocol, 0xc021);
    EXPECT_EQ(m.ppp_disconnect_direction, 1);
    m = with({0, 2, 0, 6, 'n', 'o'});
    EXPECT_EQ(m.result, 2);
    EXPECT_EQ(m.error, 6);
    EXPECT_EQ(m.error_text.view(), "no");
    EXPECT_EQ(with({0, 2, 9}).fault.error, WireError::malformed_avp) << "half an error code";
}

TEST(MessageDecode, ReadsWenAndSli) {
    Octets errors(26, 0);
    errors[5] = 7;
    errors[25] = 9;
    const Message w = decoded(payload(MessageType::WEN, [&](AvpWriter& a) { a.octets(AvpType::CallErrors, errors); }));
    EXPECT_EQ(w.call_errors[0], 7U);
    EXPECT_EQ(w.call_errors[5], 9U);
    const Octets accm{0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    const Message s = decoded(payload(MessageType::SLI, [&](AvpWriter& a) { a.octets(AvpType::Accm, accm); }));
    EXPECT_EQ(s.send_accm, 0x01020304U);
    EXPECT_EQ(s.receive_accm, 0x05060708U);
}

TEST(MessageDecode, LongTextsAreCutAndNothingElse) {
    const Message m = decoded(test::payload(MessageType::SCCRQ, [](AvpWriter& a) {
        test::start_avps(a, 1, std::string(kMaxAvpValue, 'h'));
        a.text(AvpType::VendorName, std::string(kMaxAvpValue, 'v'));
        a.octets(AvpType::Challenge, Octets(kMaxAvpValue, 'c'));
    }));
    EXPECT_FALSE(m.fault);
    EXPECT_EQ(m.host_name.view(), std::string(Text::kCapacity, 'h'));
    EXPECT_EQ(m.challenge.size(), kMaxAvpValue);
}

struct UnknownRow {
    const char* description;
    bool mandatory;
    std::uint16_t vendor, type, flags; // flags: extra bits of the first octets
    WireError fault;
};
class MessageUnknownAvp : public testing::TestWithParam<UnknownRow> {};
TEST_P(MessageUnknownAvp, DependsOnTheMandatoryBit) {
    const UnknownRow& row = GetParam();
    Octets extra = test::avps([&](AvpWriter& a) { a.raw_avp(row.mandatory, row.vendor, row.type, Octets{1, 2, 3}); });
    extra[0] = static_cast<std::uint8_t>(extra[0] | row.flags >> 8);
    Octets bytes = test::sccrq(5);
    bytes.insert(bytes.end(), extra.begin(), extra.end());
    const Message m = decoded(bytes, kSecret);
    EXPECT_EQ(name(m.fault.error), name(row.fault)) << row.description;
    if (row.fault != WireError::none) {
        EXPECT_EQ(m.fault.cause.result, 2);
        EXPECT_EQ(m.fault.cause.error, 8);
        EXPECT_EQ(m.fault.cause.attribute, row.type);
        EXPECT_EQ(m.fault.cause.vendor, row.vendor);
    } else {
        EXPECT_EQ(m.ignored, 1) << row.description;
    }
}
INSTANTIATE_TEST_SUITE_P(
    Rows, MessageUnknownAvp,
    testing::Values(UnknownRow{"unknown, optional", false, 0, 99, 0, WireError::none},
                    UnknownRow{"unknown, mandatory", true, 0, 99, 0, WireError::unknown_avp_mandatory},
                    UnknownRow{"vendor 9, optional", false, 9, 1, 0, WireError::none},
                    UnknownRow{"vendor 9, mandatory", true, 9, 1, 0, WireError::unknown_avp_mandatory},
                    UnknownRow{"reserved number 20, mandatory", true, 0, 20, 0, WireError::unknown_avp_mandatory},
                    UnknownRow{"unknown, hidden, optional", false, 0, 99, 0x4000, WireError::none},
                    UnknownRow{"unknown, hidden, mandatory", true, 0, 99, 0x4000, WireError::unknown_avp_mandatory},
                    UnknownRow{"Vendor Name with reserved bit, optional", false, 0, 8, 0x0400, WireError::none},
                    UnknownRow{"Bearer with reserved bit, mandatory", true, 0, 4, 0x2000,
                               WireError::unknown_avp_mandatory}));

TEST(MessageDecode, KnownAvpOfAnotherMessageIsPassedOver) {
    const Message m = decoded(payload(MessageType::HELLO, [](AvpWriter& a) { a.text(AvpType::HostName, "x"); }));
    EXPECT_FALSE(m.fault);
    EXPECT_EQ(m.ignored_as, WireError::misplaced_avp_ignored);
    EXPECT_FALSE(m.has(AvpType::HostName));
}

TEST(MessageDecode, ASecondMessageTypeIsAFault) {
    const Message m = decoded(payload(MessageType::HELLO, [](AvpWriter& a) { a.u16(AvpType::MessageType, 4); }));
    EXPECT_EQ(m.type, MessageType::HELLO);
    EXPECT_EQ(m.fault.error, WireError::duplicate_avp);
}

TEST(MessageDecode, UnknownMessageDependsOnItsMandatoryBit) {
    for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0, 5, 13, 17, 200, 65535}) {
        for (const bool mandatory : {true, false}) {
            const Octets bytes = test::avps([&](AvpWriter& a) {
                a.raw_avp(mandatory, 0, 0, test::result(type));
                a.raw_avp(true, 0, 999, Octets{1}); // not even looked at
            });
            const Message m = decoded(bytes);
            EXPECT_FALSE(m.known);
            EXPECT_EQ(m.fault.error, mandatory ? WireError::unknown_message : WireError::none) << type;
        }
    }
}

TEST(MessageDecode, IdsOfZeroAreOutOfRangeWhereAnAnswerNeedsThem) {
    EXPECT_EQ(decoded(test::sccrq(0)).fault.error, WireError::malformed_avp);
    EXPECT_EQ(decoded(test::icrq(0, 1)).fault.error, WireError::malformed_avp);
    EXPECT_FALSE(decoded(test::cdn_payload(0)).fault);
    EXPECT_FALSE(decoded(test::stop_payload(0)).fault);
}

TEST(MessageDecode, HiddenWithAnotherSecretIsMalformedNotMisread) {
    // 100 secrets: a wrong one passes only if two random octets happen to be a fitting length, and then
    // the size of the value gives it away.
    for (int i = 0; i < 100; ++i) {
        const Octets other{'n', 'o', static_cast<std::uint8_t>(i)};
        const Octets bytes = payload(MessageType::ICRQ, [&](AvpWriter& a) {
            a.u16(AvpType::AssignedSessionId, 3);
            a.octets(AvpType::RandomVector, kVector);
            a.hidden(AvpType::CallSerialNumber, Octets{0, 0, 0, 1}, other, kVector, {});
        });
        const Message m = decoded(bytes, kSecret);
        EXPECT_TRUE(m.fault);
        EXPECT_EQ(m.assigned_session, PeerSessionId{3});
        EXPECT_EQ(decoded(bytes, {}).fault.error, WireError::hidden_no_secret);
        EXPECT_EQ(decoded(bytes, other).call_serial, 1U);
    }
}

TEST(MessageDecode, EachHiddenAvpUsesTheLastRandomVectorBeforeIt) {
    const Octets second{42, 42, 42, 42};
    const Message m =
        decoded(payload(MessageType::ICRQ,
                        [&](AvpWriter& a) {
                            a.octets(AvpType::RandomVector, kVector);
                            a.hidden(AvpType::AssignedSessionId, Octets{0, 3}, kSecret, kVector, {});
                            a.octets(AvpType::RandomVector, second);
                            a.hidden(AvpType::CallSerialNumber, Octets{0, 0, 0, 9}, kSecret, second, Octets(30, 1));
                        }),
                kSecret);
    EXPECT_FALSE(m.fault) << name(m.fault.error);
    EXPECT_EQ(m.assigned_session, PeerSessionId{3});
    EXPECT_EQ(m.call_serial, 9U);
}

TEST(MessageDecode, ARandomVectorThatIsEmptyOrHiddenIsAFault) {
    EXPECT_TRUE(decoded(payload(MessageType::HELLO, [](AvpWriter& a) { a.empty(AvpType::RandomVector); })).fault);
    EXPECT_TRUE(decoded(payload(MessageType::HELLO, [](AvpWriter& a) {
                    a.hidden(AvpType::RandomVector, Octets{1}, kSecret, kVector, {});
                })).fault);
}

TEST(ResultTexts, AreThereForEachNumberOfTheRfc) {
    for (std::uint16_t i = 0; i <= 7; ++i)
        EXPECT_NE(result_text(StopResult{i}), "unknown");
    EXPECT_EQ(result_text(StopResult{8}), "unknown");
    for (std::uint16_t i = 0; i <= 11; ++i)
        EXPECT_NE(result_text(CdnResult{i}), "unknown");
    EXPECT_EQ(result_text(CdnResult{12}), "unknown");
    for (std::uint16_t i = 0; i <= 8; ++i)
        EXPECT_NE(error_text(GeneralError{i}), "unknown");
    EXPECT_EQ(error_text(GeneralError{9}), "unknown");
    for (std::uint8_t i = 1; i < static_cast<std::uint8_t>(Reason::kCount); ++i)
        EXPECT_FALSE(reason_text(Reason{i}).empty());
    Cause c = cause(CdnResult::general_error, Reason::unknown_avp, 8);
    c.attribute = 99;
    c.vendor = 9;
    EXPECT_EQ(error_message(c).view(), "unknown AVP 99 of vendor 9");
}

} // namespace
} // namespace lns::l2tp
