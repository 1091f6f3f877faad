// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>
#include <set>

#include "clid/json_fields.h"

namespace lns::clid {
namespace {

class Text final : public Output {
public:
    void print(const std::string& text) override { all += text + "\n"; }
    void error(const std::string& text) override { all += "error: " + text + "\n"; }
    [[nodiscard]] bool gone() const override { return false; }
    std::string all;
};

TEST(Json, AnyOctetsAreAsciiAndCanBeHadBack) {
    EXPECT_EQ(json("joe"), "\"joe\"");
    EXPECT_EQ(json("a\"b"), "\"a\\\"b\"");
    EXPECT_EQ(json("a\\b"), "\"a\\\\x5cb\"");
    EXPECT_EQ(json(std::string("\0\n\x1b", 3)), "\"\\\\x00\\\\x0a\\\\x1b\"");
    EXPECT_EQ(json("\xc3\xa9\xff"), "\"\\\\xc3\\\\xa9\\\\xff\"");
    for (int octet = 0; octet < 256; ++octet)
        for (const char c : json(std::string(1, static_cast<char>(octet))))
            EXPECT_TRUE(c >= 0x20 && c < 0x7f) << octet;
}

TEST(Json, ValuesHaveTheirTypes) {
    EXPECT_EQ(json(std::uint64_t{18446744073709551615U}), "18446744073709551615");
    EXPECT_EQ(json(std::int64_t{-5}), "-5");
    EXPECT_EQ(json(true), "true");
    EXPECT_EQ(json(0.5), "0.50");
    EXPECT_EQ(json(Ipv4{}), "null");
    EXPECT_EQ(json(Ipv4{0x0a0a0a01}), "\"10.10.10.1\"");
}

TEST(JsonDocument, PutsCommasBetweenAndNowhereElse) {
    Text out;
    {
        JsonDocument document(out);
        document.begin_array("rows");
        document.item("1");
        document.item("2");
        document.end_array();
        document.begin_array("none");
        document.end_array();
        document.member("used", "2");
        document.error("what \"is\" missing");
    }
    EXPECT_EQ(
        out.all,
        "{\n\"rows\": [\n1,\n2\n],\n\"none\": [\n],\n\"used\": 2,\n\"errors\": [\"what \\\"is\\\" missing\"]\n}\n");
}

TEST(JsonDocument, MayBeEmpty) {
    Text out;
    { const JsonDocument document(out); }
    EXPECT_EQ(out.all, "{\n}\n");
}

template <class Row>
void expect_named(std::span<const JsonField<Row>> fields) {
    std::set<std::string_view> names;
    for (const JsonField<Row>& field : fields) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_FALSE(field.meaning.empty()) << field.name;
    }
}

TEST(JsonFields, AreUniqueAndExplained) {
    expect_named(session_fields());
    expect_named(user_fields());
    expect_named(tunnel_fields());
    expect_named(lease_fields());
    expect_named(radius_fields());
    expect_named(process_fields());
    expect_named(counter_fields());
    expect_named(traffic_fields());
    expect_named(fast_path_fields());
    expect_named(table_memory_fields());
    expect_named(process_memory_fields());
    expect_named(uptime_fields());
}

TEST(JsonFields, ASessionHasMoreWhenItIsNamed) {
    shm::SessionRecord record;
    shm::TunnelRecord tunnel;
    record.state = shm::SessionState::open;
    record.user = "joe";
    const SessionFacts facts{SessionIndex{257}, record, tunnel, {}};
    shm::SessionAaa aaa;
    aaa.route_count = 200; // more than there can be
    aaa.route_addresses[0] = Ipv4{0x0a3c0100};
    aaa.route_lengths[0] = 24;
    const SessionRow row{facts, &aaa, MonoTime{}};
    const std::string in_list = json_object(session_fields(), row, false);
    const std::string whole = json_object(session_fields(), row, true);
    EXPECT_EQ(in_list.find("routes"), std::string::npos);
    EXPECT_NE(whole.find("\"routes\": [\"10.60.1.0/24\", "), std::string::npos) << whole;
    EXPECT_TRUE(in_list.starts_with("{\"sid\": 257, \"tid\": 0, \"user\": \"joe\", \"ip\": null, ")) << in_list;
}

} // namespace
} // namespace lns::clid
