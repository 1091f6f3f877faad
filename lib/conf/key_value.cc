// SPDX-License-Identifier: ISC
// Reading and printing one value, by the type of its slot.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <type_traits>

#include "lib/conf/key_table.h"
#include "lib/conf/text.h"

namespace lns::conf {
namespace {

template <class Value>
struct Word {
    std::string_view word;
    Value value;
};
template <class Value>
Word(const char*, Value) -> Word<Value>;

// The first word of a value is the one printed.
constexpr std::array kBooleans{Word{"true", true},   Word{"yes", true}, Word{"1", true},
                               Word{"false", false}, Word{"no", false}, Word{"0", false}};
constexpr std::array kTristates{Word{"yes", Tristate::yes}, Word{"true", Tristate::yes}, Word{"no", Tristate::no},
                                Word{"false", Tristate::no}, Word{"auto", Tristate::automatic}};
constexpr std::array kAuthSources{Word{"radius", AuthSource::radius}, Word{"local", AuthSource::local},
                                  Word{"local,radius", AuthSource::local_then_radius}};
constexpr std::array kFastPaths{Word{"auto", FastPath::automatic}, Word{"tc", FastPath::tc},
                                Word{"stack", FastPath::stack}, Word{"redirect", FastPath::redirect},
                                Word{"off", FastPath::off}};

struct AuthTypeChoice {
    bool pap, chap, chap_first;
    constexpr bool operator==(const AuthTypeChoice&) const = default;
};
constexpr std::array kAuthTypes{
    Word{"pap", AuthTypeChoice{true, false, false}}, Word{"chap", AuthTypeChoice{false, true, true}},
    Word{"pap,chap", AuthTypeChoice{true, true, false}}, Word{"chap,pap", AuthTypeChoice{true, true, true}}};

constexpr std::size_t kMaxSecret = 254; // what a start message carries: lib/imsg/bodies.h

// Lower case, and no blanks around the items of a list.
std::string folded(std::string_view text) {
    std::string words;
    for (const auto item : split(text, ',')) {
        if (!words.empty()) words += ',';
        for (const char c : trim(item))
            words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return words;
}

template <class Words>
auto find_word(const Words& words, std::string_view text) {
    const std::string wanted = folded(text);
    const auto row = std::find_if(words.begin(), words.end(), [&](const auto& r) { return r.word == wanted; });
    return row == words.end() ? std::nullopt : std::optional(row->value);
}

template <class Words, class Value>
std::string word_of(const Words& words, Value value) {
    for (const auto& row : words)
        if (row.value == value) return std::string(row.word);
    return {};
}

template <class Words>
std::vector<std::string_view> printed_words(const Words& words) {
    std::vector<std::string_view> printed;
    for (const auto& row : words)
        if (word_of(words, row.value) == row.word) printed.push_back(row.word);
    return printed;
}

// "yes, no or auto"
template <class Words>
std::string list_words(const Words& words) {
    const auto printed = printed_words(words);
    std::string list;
    for (std::size_t i = 0; i < printed.size(); ++i) {
        if (i > 0) list += i + 1 == printed.size() ? " or " : ", ";
        const bool marks = printed[i].find(',') != std::string_view::npos;
        list += marks ? '"' + std::string(printed[i]) + '"' : std::string(printed[i]);
    }
    return list;
}

// What any text must be so that it can be printed as a `set` line and read again.
std::optional<std::string> complain_about_text(std::string_view text, std::size_t capacity) {
    if (text.size() > capacity) return "is longer than " + std::to_string(capacity) + " octets";
    if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == '\t'; }))
        return "holds a control character";
    if (text.find('"') != std::string_view::npos && text.find('\'') != std::string_view::npos)
        return "holds both kinds of quotation marks";
    return {};
}

// Puts a value into its slot; yields the complaint, if any.
struct Setter {
    Settings& settings;
    const ConfigKey& key;
    std::string_view text;
    using Complaint = std::optional<std::string>;

    [[nodiscard]] Complaint wrong() const { return show(text) + " is not " + allowed_values(key); }

    template <class Words, class Value>
    Complaint word(const Words& words, Value& out) const {
        const auto value = find_word(words, text);
        if (!value) return wrong();
        out = *value;
        return {};
    }
    template <class Number>
    Complaint number(Number& out) const {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < key.min || value > key.max)
            return wrong();
        out = static_cast<Number>(value);
        return {};
    }
    Complaint operator()(bool Config::*slot) const { return word(kBooleans, settings.config.*slot); }
    Complaint operator()(Tristate Config::*slot) const { return word(kTristates, settings.config.*slot); }
    Complaint operator()(AuthSource Config::*slot) const { return word(kAuthSources, settings.config.*slot); }
    Complaint operator()(FastPath Config::*slot) const { return word(kFastPaths, settings.config.*slot); }
    Complaint operator()(std::uint16_t Config::*slot) const { return number(settings.config.*slot); }
    Complaint operator()(std::uint32_t Config::*slot) const { return number(settings.config.*slot); }
    Complaint operator()(Ipv4 Config::*slot) const {
        const auto address = parse_ipv4(text);
        if (!address) return wrong();
        if (key.address_rule != nullptr && address->is_set())
            if (const char* complaint = key.address_rule(*address)) return show(text) + " " + complaint;
        settings.config.*slot = *address;
        return {};
    }
    template <std::size_t N>
    Complaint operator()(FixedText<N> Config::*slot) const {
        if (auto complaint = complain_about_text(text, N)) return complaint;
        if (key.text_rule != nullptr && !text.empty())
            if (const char* complaint = key.text_rule(text)) return show(text) + " " + complaint;
        (settings.config.*slot).assign(text);
        return {};
    }
    Complaint operator()(Secret Secrets::*slot) const {
        if (auto complaint = complain_about_text(text, kMaxSecret)) return complaint;
        settings.secrets.*slot = Secret(text);
        return {};
    }
    Complaint operator()(AuthTypes) const {
        const auto row = find_word(kAuthTypes, text);
        if (!row) return wrong();
        settings.config.auth_pap = row->pap;
        settings.config.auth_chap = row->chap;
        settings.config.auth_chap_first = row->chap_first;
        return {};
    }
};

struct Printer {
    const Settings& settings;

    std::string operator()(bool Config::*slot) const { return word_of(kBooleans, settings.config.*slot); }
    std::string operator()(Tristate Config::*slot) const { return word_of(kTristates, settings.config.*slot); }
    std::string operator()(AuthSource Config::*slot) const { return word_of(kAuthSources, settings.config.*slot); }
    std::string operator()(FastPath Config::*slot) const { return word_of(kFastPaths, settings.config.*slot); }
    std::string operator()(std::uint16_t Config::*slot) const { return std::to_string(settings.config.*slot); }
    std::string operator()(std::uint32_t Config::*slot) const { return std::to_string(settings.config.*slot); }
    std::string operator()(Ipv4 Config::*slot) const { return lns::to_string(settings.config.*slot); }
    template <std::size_t N>
    std::string operator()(FixedText<N> Config::*slot) const {
        return (settings.config.*slot).str();
    }
    std::string operator()(Secret Secrets::*slot) const { return std::string((settings.secrets.*slot).reveal()); }
    std::string operator()(AuthTypes) const {
        const Config& config = settings.config;
        return word_of(kAuthTypes, AuthTypeChoice{config.auth_pap, config.auth_chap, config.auth_chap_first});
    }
};

struct TypeName {
    std::string_view operator()(bool Config::*) const { return "boolean"; }
    std::string_view operator()(std::uint16_t Config::*) const { return "integer"; }
    std::string_view operator()(std::uint32_t Config::*) const { return "integer"; }
    std::string_view operator()(Ipv4 Config::*) const { return "ip address"; }
    std::string_view operator()(AuthSource Config::*) const { return "word"; }
    std::string_view operator()(Tristate Config::*) const { return "word"; }
    std::string_view operator()(FastPath Config::*) const { return "word"; }
    std::string_view operator()(AuthTypes) const { return "word"; }
    std::string_view operator()(Secret Secrets::*) const { return "string"; }
    template <std::size_t N>
    std::string_view operator()(FixedText<N> Config::*) const {
        return "string";
    }
};

struct Allowed {
    const ConfigKey& key;

    [[nodiscard]] std::string range() const {
        return "an integer from " + std::to_string(key.min) + " to " + std::to_string(key.max);
    }
    static std::string text(std::size_t capacity) { return "a text of up to " + std::to_string(capacity) + " octets"; }
    std::string operator()(bool Config::*) const { return list_words(kBooleans); }
    std::string operator()(std::uint16_t Config::*) const { return range(); }
    std::string operator()(std::uint32_t Config::*) const { return range(); }
    std::string operator()(Ipv4 Config::*) const { return "an address A.B.C.D"; }
    std::string operator()(AuthSource Config::*) const { return list_words(kAuthSources); }
    std::string operator()(Tristate Config::*) const { return list_words(kTristates); }
    std::string operator()(FastPath Config::*) const { return list_words(kFastPaths); }
    std::string operator()(AuthTypes) const { return list_words(kAuthTypes); }
    std::string operator()(Secret Secrets::*) const { return text(kMaxSecret); }
    template <std::size_t N>
    std::string operator()(FixedText<N> Config::*) const {
        return text(N);
    }
};

struct WordsOf {
    std::vector<std::string_view> operator()(bool Config::*) const { return printed_words(kBooleans); }
    std::vector<std::string_view> operator()(AuthSource Config::*) const { return printed_words(kAuthSources); }
    std::vector<std::string_view> operator()(Tristate Config::*) const { return printed_words(kTristates); }
    std::vector<std::string_view> operator()(FastPath Config::*) const { return printed_words(kFastPaths); }
    std::vector<std::string_view> operator()(AuthTypes) const { return printed_words(kAuthTypes); }
    template <class Other>
    std::vector<std::string_view> operator()(Other) const {
        return {};
    }
};

} // namespace

Status<> set_value(Settings& settings, const ConfigKey& key, std::string_view text) {
    const auto complaint = std::visit(Setter{settings, key, text}, key.slot);
    if (complaint) return failure(std::string(key.name) + ": " + *complaint);
    return Done{};
}

std::string value_text(const Settings& settings, const ConfigKey& key) {
    return std::visit(Printer{settings}, key.slot);
}

bool same_value(const Settings& a, const Settings& b, const ConfigKey& key) {
    return value_text(a, key) == value_text(b, key);
}

bool is_default(const Settings& settings, const ConfigKey& key) { return same_value(settings, Settings{}, key); }

bool is_secret(const ConfigKey& key) { return std::holds_alternative<Secret Secrets::*>(key.slot); }

std::string_view type_name(const ConfigKey& key) { return std::visit(TypeName{}, key.slot); }

std::string allowed_values(const ConfigKey& key) { return std::visit(Allowed{key}, key.slot); }

std::vector<std::string_view> words_of(const ConfigKey& key) { return std::visit(WordsOf{}, key.slot); }

std::string_view to_string(Effect effect) {
    switch (effect) {
    case Effect::live:
        return "at once";
    case Effect::new_sessions:
        return "for new tunnels and sessions";
    case Effect::restart:
        return "after a restart";
    }
    return {};
}

} // namespace lns::conf
