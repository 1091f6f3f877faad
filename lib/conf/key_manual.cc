// SPDX-License-Identifier: ISC
#include "lib/conf/key_manual.h"

#include "lib/conf/key_table.h"

namespace lns::conf {
namespace {

std::string default_of(const ConfigKey& key) {
    const Settings defaults;
    const std::string value = value_text(defaults, key);
    return value.empty() || value == to_string(Ipv4{}) ? "not set by default" : "default " + value;
}

} // namespace

std::string manual_keys() {
    std::string text;
    for (const ConfigKey& key : config_keys()) {
        text += ".It Cm " + std::string(key.name) + " Pq " + std::string(type_name(key)) + "\n";
        text += std::string(key.doc) + "\n.br\n";
        text += "Value: " + allowed_values(key) + "; " + default_of(key) + ".\n";
        text += "A change takes effect " + std::string(to_string(key.effect)) + ".\n";
        if (!key.acts) text += "This release checks and keeps the value; nothing uses it yet.\n";
    }
    return text;
}

} // namespace lns::conf
