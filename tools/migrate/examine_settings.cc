// SPDX-License-Identifier: ISC
#include "tools/migrate/examine_settings.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "lib/conf/startup_config.h"
#include "lib/conf/text.h"
#include "tools/migrate/old_settings.h"

namespace lns::migrate {

namespace {

using conf::ConfigKey;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// The first word, which is taken off the line, without its quotation marks.
std::string_view next_word(std::string_view& line) {
    line = conf::trim(line);
    std::size_t length = std::min(line.find_first_of(" \t"), line.size());
    std::string_view word = line.substr(0, length);
    if (!word.empty() && (word.front() == '"' || word.front() == '\'')) {
        const auto end = line.find(word.front(), 1);
        word = line.substr(1, end == std::string_view::npos ? end : end - 1);
        length = end == std::string_view::npos ? line.size() : end + 1;
    }
    line.remove_prefix(length);
    return word;
}

// What the original made of a value that is none of its type; nothing where it was taken as written.
std::optional<std::string> silently_taken_as(const ConfigKey& key, std::string_view value) {
    const auto type = conf::type_name(key);
    if (type == "boolean") {
        const std::string word = lower(value);
        const bool yes = word == "yes" || word == "true" || word == "1";
        const bool no = word == "no" || word == "false" || word == "0";
        if (!yes && !no) return "false";
    }
    if (type == "integer") {
        long number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc() || end != value.data() + value.size()) return std::to_string(number);
    }
    return std::nullopt;
}

class Examiner {
public:
    Examiner(const std::string& text, std::vector<Finding>& findings)
        : parsed_(conf::parse_startup_config(text, kStartupConfig)), findings_(findings) {
        for (const conf::Diagnostic& d : parsed_.diagnostics.list())
            diagnostics_.emplace(d.line, d);
    }

    void line(const conf::Line& line) {
        std::string_view rest = line.text;
        const std::string_view command = next_word(rest);
        if (command == "set") {
            setting(line.number, rest);
        } else if (command == "load") {
            add(line.number, Fate::changed, true,
                "plugins are made anew for this suite, those of the original cannot be loaded");
        } else if (command == "ip" || command == "permit" || command == "deny") {
            access_list(line);
        } else if (const OldCommand* known = find_old_command(conf::trim(line.text))) {
            add(line.number, Fate::ignored, true, std::string(known->advice));
        } else {
            add(line.number, Fate::not_understood, true, said(line.number));
        }
    }

    void defaults() {
        for (const OldSetting& old : old_settings()) {
            const ConfigKey* key = conf::find_key(old.name);
            if (key == nullptr || set_.contains(old.name)) continue;
            conf::Settings before = parsed_.settings;
            const conf::Settings ours;
            if (!conf::set_value(before, *key, old_default(old)) || conf::same_value(before, ours, *key)) continue;
            const std::string follows =
                key->acts ? std::string(old.default_note) : "nothing in this release uses it yet";
            findings_.push_back({kStartupConfig, 0, Fate::differs, old.default_matters && server_of(old.name),
                                 std::string(old.name) + " was " + conf::value_text(before, *key) + ", is " +
                                     conf::value_text(ours, *key) + ": " + follows +
                                     "; as before: " + conf::set_line(before, *key)});
        }
        if (!set_.contains("iftun_address") && !set_.contains("bind_address"))
            findings_.push_back(
                {kStartupConfig, 0, Fate::differs, false,
                 "iftun_address was 1.1.1.1, is the machine's primary address; as before: set iftun_address "
                 "1.1.1.1"});
        for (const auto& [number, diagnostic] : diagnostics_)
            if (number == 0) add(0, Fate::changed, true, diagnostic.message);
    }

private:
    void add(unsigned line, Fate fate, bool attention, std::string text) {
        findings_.push_back({kStartupConfig, line, fate, attention, std::move(text)});
    }

    // All that the parser has to say about a line.
    [[nodiscard]] std::string said(unsigned line) const {
        std::string text;
        const auto [first, last] = diagnostics_.equal_range(line);
        for (auto it = first; it != last; ++it)
            text += (text.empty() ? "" : "; ") + it->second.message;
        return text;
    }
    [[nodiscard]] bool is_error(unsigned line) const {
        const auto [first, last] = diagnostics_.equal_range(line);
        return std::any_of(first, last, [](const auto& d) { return d.second.severity == conf::Severity::error; });
    }

    void access_list(const conf::Line& line) {
        const bool wrong = is_error(line.number);
        add(line.number, wrong ? Fate::changed : Fate::kept, wrong,
            wrong ? said(line.number) : std::string(conf::trim(line.text)));
    }

    void setting(unsigned line, std::string_view rest) {
        const std::string_view name = next_word(rest);
        const ConfigKey* key = conf::find_key(name);
        const OldSetting* old = find_old_setting(name);
        if (key != nullptr) {
            set_.emplace(key->name, line);
            known(line, *key, next_word(rest));
        } else if (old != nullptr) {
            add(line, Fate::ignored, true, std::string(name) + ": " + std::string(old->advice));
        } else {
            add(line, Fate::not_understood, true, said(line));
        }
    }

    void known(unsigned line, const ConfigKey& key, std::string_view value) {
        const std::string name(key.name);
        const auto taken = silently_taken_as(key, value);
        if (is_error(line)) {
            add(line, Fate::changed, true, said(line) + (taken ? "; the original took it silently as " + *taken : ""));
        } else if (taken) {
            add(line, Fate::changed, true, name + ": the original took this value silently as " + *taken);
        } else if (!key.acts) {
            add(line, Fate::ignored, !conf::is_default(parsed_.settings, key),
                name + ": nothing in this release uses it yet");
        } else if (const std::string more = said(line); !more.empty()) {
            add(line, Fate::kept, true, more);
        } else {
            add(line, Fate::kept, false,
                conf::is_secret(key) ? name : name + " " + conf::value_text(parsed_.settings, key));
        }
    }

    // The secondary server's port was that of the primary one unless it was set.
    [[nodiscard]] std::string old_default(const OldSetting& old) const {
        if (old.name != "secondary_radius_port" || !set_.contains("primary_radius_port"))
            return std::string(old.default_value);
        return conf::value_text(parsed_.settings, *conf::find_key("primary_radius_port"));
    }
    // A port of a server that is not used is of no interest.
    [[nodiscard]] bool server_of(std::string_view port) const {
        constexpr std::string_view kSuffix = "_port";
        return set_.contains(port.substr(0, port.size() - kSuffix.size()));
    }

    conf::StartupConfig parsed_;
    std::multimap<unsigned, conf::Diagnostic> diagnostics_;
    std::map<std::string_view, unsigned> set_; // keys that have a line
    std::vector<Finding>& findings_;
};

} // namespace

void examine_startup_config(const std::string& text, std::vector<Finding>& findings) {
    Examiner examiner(text, findings);
    conf::Lines lines(text, "#!");
    for (conf::Line line; lines.next(line);)
        examiner.line(line);
    examiner.defaults();
}

} // namespace lns::migrate
