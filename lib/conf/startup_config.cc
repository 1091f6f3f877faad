// SPDX-License-Identifier: ISC
#include "lib/conf/startup_config.h"

#include <algorithm>
#include <map>
#include <set>

#include "lib/conf/access_list.h"
#include "lib/conf/text.h"
#include "lib/conf/value_rules.h"

namespace lns::conf {
namespace {

struct Words {
    std::vector<std::string_view> list;
    const char* complaint = nullptr;
};

// Cuts a command as the CLI does: words between blanks, or between quotation marks of one kind.
Words cut_words(std::string_view line) {
    Words words;
    for (line = trim(line); !line.empty(); line = trim(line)) {
        const char mark = line.front();
        if (mark == '"' || mark == '\'') {
            const auto end = line.find(mark, 1);
            if (end == std::string_view::npos) {
                words.complaint = "a quotation mark is not closed";
                return words;
            }
            words.list.push_back(line.substr(1, end - 1));
            line.remove_prefix(end + 1);
            if (line.empty() || is_blank(line.front())) continue;
            words.complaint = "text follows a closing quotation mark without a blank";
            return words;
        }
        const auto word = line.substr(0, line.find_first_of(" \t"));
        if (word.find_first_of("\"'") != std::string_view::npos) {
            words.complaint = "a quotation mark stands inside a word: put the whole value in quotation marks";
            return words;
        }
        words.list.push_back(word);
        line.remove_prefix(word.size());
    }
    return words;
}

class Parser {
public:
    explicit Parser(std::string_view file) : result_{{}, Diagnostics(file)} {}

    void line(const Line& line) {
        if (const char* complaint = complain_about_octets(line.text)) return fail(line, complaint);
        const Words words = cut_words(line.text);
        const std::string_view command = words.list.empty() ? "set" : words.list[0];
        const bool rule = command == "permit" || command == "deny";
        if (!rule) in_list_ = false;
        if (!rule && command != "set" && command != "load" && command != "ip")
            return fail(line, "unknown command " + show(command) +
                                  ": expected set NAME VALUE, load plugin NAME or ip access-list KIND NAME");
        if (words.complaint != nullptr) return fail(line, words.complaint);
        if (rule) return add_rule(line, words);
        if (command == "load") return load_plugin(line, words);
        if (command == "ip") return begin_list(line, words);
        if (words.list.size() < 2) return fail(line, "a name and a value are missing after set");
        const ConfigKey* key = find_key(words.list[1]);
        if (key == nullptr) return fail(line, unknown_setting(words.list[1]));
        if (!assign(line, *key, words)) wrong_.insert(key->name);
    }

    StartupConfig finish() {
        for (const Finding& finding : check(result_.settings))
            if (std::none_of(finding.keys.begin(), finding.keys.end(), [&](auto key) { return wrong_.contains(key); }))
                report(finding);
        return std::move(result_);
    }

private:
    void fail(const Line& line, std::string message) { result_.diagnostics.error(line.number, std::move(message)); }

    void load_plugin(const Line& line, const Words& words) {
        if (words.list.size() != 3 || words.list[1] != "plugin") return fail(line, "expected load plugin NAME");
        const auto name = words.list[2];
        if (const char* complaint = require_plugin_name(name)) return fail(line, show(name) + " " + complaint);
        std::vector<std::string>& plugins = result_.settings.plugins;
        if (std::find(plugins.begin(), plugins.end(), name) != plugins.end())
            return result_.diagnostics.warning(line.number, "plugin " + show(name) + " is loaded by a line above");
        if (plugins.size() == kMaxPlugins) return fail(line, "there are too many plugins");
        plugins.emplace_back(name);
        result_.diagnostics.warning(line.number,
                                    "plugin " + show(name) + ": nothing in this release loads plugins yet");
    }

    // Rules follow, of a list that is there already behind those it has. After a mistake they are read all the same.
    void begin_list(const Line& line, const Words& words) {
        std::vector<AccessList>& lists = result_.settings.access_lists;
        in_list_ = true;
        list_ = nullptr;
        const bool form = words.list.size() == 4 && words.list[1] == "access-list";
        const auto kind = form ? parse_access_kind(words.list[2]) : std::nullopt;
        if (!kind) return fail(line, "expected ip access-list standard NAME or ip access-list extended NAME");
        kind_ = *kind;
        const std::string_view name = words.list[3];
        if (const char* complaint = require_list_name(name)) return fail(line, show(name) + " " + complaint);
        const auto known =
            std::find_if(lists.begin(), lists.end(), [=](const auto& list) { return list.name == name; });
        if (known == lists.end() && lists.size() == kMaxAccessLists)
            return fail(line, "there are too many access lists");
        if (known != lists.end() && known->kind != *kind)
            return fail(line, "access list " + show(name) + " is " + std::string(to_string(known->kind)) + " above");
        list_ = known != lists.end() ? &*known : &lists.emplace_back(AccessList{std::string(name), *kind, {}});
    }

    void add_rule(const Line& line, const Words& words) {
        if (!in_list_) return fail(line, show(words.list[0]) + " belongs behind ip access-list KIND NAME");
        const auto rule = parse_access_rule(kind_, words.list);
        if (!rule) return fail(line, rule.error().message);
        if (list_ == nullptr) return;
        if (count_rules(result_.settings.access_lists) == kMaxAccessRules)
            return fail(line, "the access lists have too many rules");
        list_->rules.push_back(*rule);
    }

    bool assign(const Line& line, const ConfigKey& key, const Words& words) {
        const std::string name(key.name);
        if (words.list.size() != 3) {
            fail(line, name + (words.list.size() < 3 ? ": the value is missing"
                                                     : ": text follows the value: a value with blanks needs quotation "
                                                       "marks, a comment a line of its own"));
            return false;
        }
        const auto done = set_value(result_.settings, key, words.list[2]);
        if (!done) {
            fail(line, done.error().message);
            return false;
        }
        const auto [place, fresh] = lines_.try_emplace(key.name, line.number);
        if (!fresh)
            result_.diagnostics.warning(line.number, name + ": set again; line " + std::to_string(place->second) +
                                                         " does not count");
        place->second = line.number;
        if (!key.acts && !is_default(result_.settings, key))
            result_.diagnostics.warning(line.number, name + ": nothing in this release uses it yet");
        return true;
    }

    void report(const Finding& finding) {
        std::uint32_t number = 0;
        for (const auto key : finding.keys)
            if (const auto place = lines_.find(key); number == 0 && place != lines_.end()) number = place->second;
        if (finding.severity == Severity::error)
            result_.diagnostics.error(number, finding.message);
        else
            result_.diagnostics.warning(number, finding.message);
    }

    StartupConfig result_;
    bool in_list_ = false;
    AccessList* list_ = nullptr; // that rules are of; none after a mistake
    AccessKind kind_ = AccessKind::extended;
    std::map<std::string_view, std::uint32_t> lines_; // where each key was set last
    std::set<std::string_view> wrong_;                // keys with a value that was refused
};

std::string as_word(const ConfigKey& key, const std::string& value) {
    const auto type = type_name(key);
    if (type != "string" && type != "word") return value;
    const char mark = value.find('"') == std::string::npos ? '"' : '\'';
    return mark + value + mark;
}

} // namespace

std::string unknown_setting(std::string_view name) {
    const ConfigKey* similar = similar_key(name);
    if (similar != nullptr)
        return "unknown setting " + show(name) + ": did you mean " + std::string(similar->name) + "?";
    return "unknown setting " + show(name) + ": startup-config(5) lists those there are";
}

StartupConfig parse_startup_config(std::string_view text, std::string_view file) {
    Parser parser(file);
    Lines lines(text, "#!");
    for (Line line; lines.next(line);)
        parser.line(line);
    return parser.finish();
}

std::string print(const Settings& settings, SecretText secrets) {
    std::string text;
    for (const ConfigKey& key : config_keys()) {
        if (is_default(settings, key)) continue;
        if (is_secret(key) && secrets == SecretText::hidden)
            text += "! set " + std::string(key.name) + " (hidden)\n";
        else
            text += set_line(settings, key) + '\n';
    }
    for (const std::string& plugin : settings.plugins)
        text += "load plugin \"" + plugin + "\"\n";
    return text + print(settings.access_lists);
}

std::string set_line(const Settings& settings, const ConfigKey& key) {
    return "set " + std::string(key.name) + ' ' + as_word(key, value_text(settings, key));
}

std::vector<const ConfigKey*> changed_keys(const Settings& before, const Settings& after) {
    std::vector<const ConfigKey*> changed;
    for (const ConfigKey& key : config_keys())
        if (!same_value(before, after, key)) changed.push_back(&key);
    return changed;
}

} // namespace lns::conf
