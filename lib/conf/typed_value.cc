// SPDX-License-Identifier: ISC
#include "lib/conf/typed_value.h"

#include <algorithm>

namespace lns::conf {
namespace {

ValueKind kind_of(const ConfigKey& key) {
    const std::string_view type = type_name(key);
    if (type == "ip address") return ValueKind::address;
    return type == "string" ? ValueKind::text : ValueKind::number;
}

struct TextOf {
    const Settings& settings;
    template <std::size_t N>
    std::string_view operator()(FixedText<N> Config::*slot) const {
        return (settings.config.*slot).view();
    }
    std::string_view operator()(Secret Secrets::*slot) const { return (settings.secrets.*slot).reveal(); }
    template <class Other>
    std::string_view operator()(Other) const {
        return {};
    }
};

} // namespace

std::uint16_t key_number(const ConfigKey& key) { return static_cast<std::uint16_t>(&key - config_keys().data()); }

const ConfigKey* key_at(std::uint16_t number) {
    return number < config_keys().size() ? &config_keys()[number] : nullptr;
}

std::uint32_t key_table_hash() {
    std::uint32_t hash = 0x811c9dc5; // FNV-1a
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
    };
    for (const ConfigKey& key : config_keys()) {
        mix(key.name);
        for (const std::string_view word : words_of(key))
            mix(word);
        mix("\n");
    }
    return hash;
}

TypedValue typed_value(const Settings& settings, const ConfigKey& key) {
    TypedValue value{kind_of(key), 0, {}, {}};
    if (value.kind == ValueKind::text) {
        value.text = std::visit(TextOf{settings}, key.slot);
        return value;
    }
    const std::string text = value_text(settings, key);
    const auto words = words_of(key);
    if (value.kind == ValueKind::address)
        value.address = settings.config.*std::get<Ipv4 Config::*>(key.slot);
    else if (words.empty())
        value.number = static_cast<std::uint32_t>(std::stoul(text));
    else
        value.number = static_cast<std::uint32_t>(std::find(words.begin(), words.end(), text) - words.begin());
    return value;
}

// By way of the text, so that there is one check of a value and not two.
Status<> set_typed(Settings& settings, const ConfigKey& key, const TypedValue& value) {
    if (value.kind != kind_of(key)) return failure(std::string(key.name) + ": a value of another type");
    if (value.kind == ValueKind::text) return set_value(settings, key, value.text);
    if (value.kind == ValueKind::address) return set_value(settings, key, lns::to_string(value.address));
    const auto words = words_of(key);
    if (words.empty()) return set_value(settings, key, std::to_string(value.number));
    if (value.number >= words.size()) return failure(std::string(key.name) + ": no such word");
    return set_value(settings, key, words[value.number]);
}

} // namespace lns::conf
