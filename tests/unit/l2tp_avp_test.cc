// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include "tests/unit/l2tp_bytes.h"

namespace lns::l2tp {
namespace {

using test::Octets;

const Octets kSecret{'s', 'e', 'c', 'r', 'e', 't'};
const Octets kVector{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

struct BadAvp {
    const char* description;
    Octets bytes;
    WireError error;
};

class AvpBad : public testing::TestWithParam<BadAvp> {};

TEST_P(AvpBad, IsRefusedAndTheReaderStaysInPlace) {
    Reader r(GetParam().bytes);
    Avp avp;
    EXPECT_EQ(name(next_avp(r, avp)), name(GetParam().error)) << GetParam().description;
    EXPECT_EQ(r.size(), GetParam().bytes.size());
}

INSTANTIATE_TEST_SUITE_P(
    Rows, AvpBad,
    testing::Values(BadAvp{"length 0", {0x80, 0, 0, 0, 0, 0, 0, 1}, WireError::avp_short},
                    BadAvp{"length 5", {0x80, 5, 0, 0, 0, 0, 0, 1}, WireError::avp_short},
                    BadAvp{"length 1023 in 8 octets", {0x83, 0xff, 0, 0, 0, 0, 0, 1}, WireError::avp_long},
                    BadAvp{"length 9 in 8 octets", {0x80, 9, 0, 0, 0, 0, 0, 1}, WireError::avp_long},
                    BadAvp{"header cut after 5 octets", {0x80, 6, 0, 0, 0}, WireError::avp_long},
                    BadAvp{"one octet", {0x80}, WireError::avp_long}, BadAvp{"nothing", {}, WireError::avp_long}));

TEST(AvpDecode, ReadsAllBits) {
    const Octets bytes{0xff, 0xff, 0x12, 0x34, 0x56, 0x78};
    Octets longest = bytes;
    longest.resize(1023, 7);
    Reader r(longest);
    Avp avp;
    ASSERT_EQ(next_avp(r, avp), WireError::none);
    EXPECT_TRUE(avp.mandatory && avp.hidden && avp.reserved);
    EXPECT_EQ(avp.vendor, 0x1234);
    EXPECT_EQ(avp.type, 0x5678);
    EXPECT_EQ(avp.value.size(), kMaxAvpValue);
    EXPECT_TRUE(r.done());
}

TEST(AvpDecode, ReservedBitOrVendorMakesItUnrecognized) {
    EXPECT_NE((Avp{.type = 7}).def(), nullptr);
    EXPECT_EQ((Avp{.reserved = true, .type = 7}).def(), nullptr);
    EXPECT_EQ((Avp{.vendor = 9, .type = 7}).def(), nullptr);
    EXPECT_EQ((Avp{.type = 20}).def(), nullptr) << "20 is reserved by RFC 2661";
    EXPECT_EQ((Avp{.type = 40}).def(), nullptr);
}

// RFC 2661 4.4 read a second time, as numbers: type, smallest and largest value, M, may be hidden.
struct RfcRow {
    std::uint16_t type;
    std::size_t min, max;
    bool mandatory, may_hide;
};
constexpr std::size_t kAny = 1017;
constexpr RfcRow kRfc[] = {
    {0, 2, 2, true, false},     {1, 2, kAny, true, false},  {2, 2, 2, true, false},     {3, 4, 4, true, true},
    {4, 4, 4, true, true},      {5, 8, 8, false, false},    {6, 2, 2, false, true},     {7, 1, kAny, true, false},
    {8, 0, kAny, false, true},  {9, 2, 2, true, true},      {10, 2, 2, true, false},    {11, 1, kAny, true, true},
    {12, 3, kAny, true, false}, {13, 16, 16, true, true},   {14, 2, 2, true, true},     {15, 4, 4, true, true},
    {16, 4, 4, true, true},     {17, 4, 4, true, true},     {18, 4, 4, true, true},     {19, 4, 4, true, true},
    {21, 0, kAny, true, true},  {22, 0, kAny, true, true},  {23, 0, kAny, true, true},  {24, 1, 20, true, true},
    {25, 4, 4, false, true},    {26, 0, kAny, false, true}, {27, 0, kAny, false, true}, {28, 0, kAny, false, true},
    {29, 2, 2, false, true},    {30, 0, kAny, false, true}, {31, 0, kAny, false, true}, {32, 2, 2, false, true},
    {33, 0, kAny, false, true}, {34, 26, 26, true, true},   {35, 10, 10, true, true},   {36, 1, kAny, true, false},
    {37, 0, kAny, false, true}, {38, 1, 20, false, true},   {39, 0, 0, true, false},    {46, 5, kAny, false, true},
};

TEST(AvpTable, HasEveryRowOfTheRfc) {
    ASSERT_EQ(std::size(kRfc), kAvps.size());
    for (const RfcRow& rfc : kRfc) {
        const AvpDef* def = find_avp(rfc.type);
        ASSERT_NE(def, nullptr) << rfc.type;
        EXPECT_EQ(def->min, rfc.min) << def->name;
        EXPECT_EQ(def->max, rfc.max) << def->name;
        EXPECT_EQ(def->mandatory, rfc.mandatory) << def->name;
        EXPECT_EQ(def->may_hide, rfc.may_hide) << def->name;
    }
}

TEST(AvpWriter, WritesTheMandatoryBitOfTheTable) {
    for (const AvpDef& def : kAvps) {
        const Octets value(def.min, 0x61);
        const Octets bytes = test::avps([&](AvpWriter& a) { a.octets(def.type, value); });
        Reader r(bytes);
        Avp avp;
        ASSERT_EQ(next_avp(r, avp), WireError::none) << def.name;
        EXPECT_EQ(avp.mandatory, def.mandatory) << def.name;
        EXPECT_FALSE(avp.hidden || avp.reserved);
        EXPECT_EQ(avp.def(), &def);
        EXPECT_EQ(test::octets(avp.value), value);
    }
}

TEST(AvpWriter, RefusesAValueAboveTenBitsOfLength) {
    Octets buffer(2048);
    Writer w(buffer);
    AvpWriter(w).octets(AvpType::HostName, Octets(kMaxAvpValue, 'x'));
    EXPECT_TRUE(w.ok());
    AvpWriter(w).octets(AvpType::HostName, Octets(kMaxAvpValue + 1, 'x'));
    EXPECT_FALSE(w.ok());
}

TEST(AvpWriter, ShowsThatTheBufferIsFull) {
    std::array<std::uint8_t, 9> buffer{};
    Writer w(buffer);
    AvpWriter(w).u32(AvpType::CallSerialNumber, 1);
    EXPECT_FALSE(w.ok());
}

TEST(Hiding, MatchesAValueWorkedOutByHand) {
    // c1 = p1 xor MD5(AV + S + RV) with AV 0x0009, a two-octet value and no padding.
    const Md5Digest pad = md5({Octets{0, 9}, kSecret, kVector});
    Octets buffer(64);
    Writer w(buffer);
    ASSERT_TRUE(hide(w, kSecret, 9, kVector, Octets{0xab, 0xcd}, {}));
    const Octets want{static_cast<std::uint8_t>(0x00 ^ pad[0]), static_cast<std::uint8_t>(0x02 ^ pad[1]),
                      static_cast<std::uint8_t>(0xab ^ pad[2]), static_cast<std::uint8_t>(0xcd ^ pad[3])};
    EXPECT_EQ(test::octets(w.written()), want);
}

TEST(Hiding, RoundTripsAllSizesWithAndWithoutPadding) {
    std::array<std::uint8_t, kMaxAvpValue> scratch{};
    for (const std::size_t size : {0U, 1U, 13U, 14U, 15U, 16U, 30U, 31U, 500U, 1000U, 1015U}) {
        for (const std::size_t padding : {0U, 1U, 15U, 16U, 17U}) {
            if (2 + size + padding > kMaxAvpValue) continue;
            Octets value(size);
            for (std::size_t i = 0; i < size; ++i)
                value[i] = static_cast<std::uint8_t>(i * 7);
            Octets buffer(2048);
            Writer w(buffer);
            ASSERT_TRUE(hide(w, kSecret, 22, kVector, value, Octets(padding, 0x5a)));
            EXPECT_EQ(w.size(), 2 + size + padding);
            const auto shown = unhide(kSecret, 22, kVector, w.written(), scratch);
            ASSERT_TRUE(shown.ok());
            EXPECT_EQ(test::octets(*shown), value);
            EXPECT_FALSE(size > 0 && test::octets(w.written().subspan(2, size)) == value);
        }
    }
}

TEST(Hiding, RefusesAnOriginalLengthBeyondTheAvp) {
    std::array<std::uint8_t, kMaxAvpValue> scratch{};
    for (const unsigned lie : {3U, 4U, 100U, 65535U}) {
        // Hide "lie" as the first two octets: a value of two octets whose length says more.
        Octets plain{static_cast<std::uint8_t>(lie >> 8), static_cast<std::uint8_t>(lie), 1, 2};
        const Md5Digest pad = md5({Octets{0, 22}, kSecret, kVector});
        for (std::size_t i = 0; i < plain.size(); ++i)
            plain[i] ^= pad[i];
        const auto shown = unhide(kSecret, 22, kVector, plain, scratch);
        ASSERT_FALSE(shown.ok()) << lie;
        EXPECT_EQ(shown.error(), WireError::hidden_length);
    }
    EXPECT_FALSE(unhide(kSecret, 22, kVector, Octets{}, scratch).ok());
    EXPECT_FALSE(unhide(kSecret, 22, kVector, Octets{1}, scratch).ok());
    EXPECT_FALSE(unhide(kSecret, 22, kVector, Octets(1018, 1), scratch).ok());
}

} // namespace
} // namespace lns::l2tp
