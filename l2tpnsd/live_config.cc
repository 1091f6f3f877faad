// SPDX-License-Identifier: ISC
#include "l2tpnsd/live_config.h"

#include <algorithm>
#include <array>

#include "l2tpnsd/reload.h"
#include "lib/base/escape.h"
#include "lib/conf/access_list.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {

namespace {

using conf::ConfigKey;
using conf::Effect;
using imsg::FileKind;

constexpr std::string_view kKept = "the running configuration is kept";

bool concerns(const conf::Finding& finding, const ConfigKey& key) {
    return std::ranges::find(finding.keys, key.name) != finding.keys.end();
}

bool same_file(const Configuration& a, const Configuration& b, FileKind kind) {
    const Secret* one = find_file(a, kind);
    const Secret* other = find_file(b, kind);
    return one != nullptr && other != nullptr ? *one == *other : one == other;
}

std::string count_addresses(const conf::PoolPlan& pool) {
    return std::to_string(pool.size()) + (pool.size() == 1 ? " address" : " addresses");
}

// What a reload changes, one line for each time at which it takes effect.
void tell(const ReloadPlan& plan, Report& report) {
    for (const Effect effect : {Effect::live, Effect::new_sessions, Effect::restart}) {
        std::string names;
        for (const ConfigKey* key : plan.changed)
            if (key->effect == effect) names += (names.empty() ? "" : ", ") + std::string(key->name);
        if (names.empty()) continue;
        const auto level = effect == Effect::restart ? LogLevel::warning : LogLevel::info;
        report.say(level, "in force " + std::string(to_string(effect)) + ": " + names);
    }
}

// The setting as it was typed, save that a secret is not repeated.
std::string echo(const conf::Settings& settings, const ConfigKey& key) {
    const std::string name = "Setting \"" + std::string(key.name) + '"';
    return is_secret(key) ? name : name + " to \"" + escape(value_text(settings, key)) + '"';
}

} // namespace

std::string Report::text() const {
    std::string all;
    for (const Line& line : lines)
        all += line.text + '\n';
    return all;
}

LiveConfig::LiveConfig(Configuration start, conf::Config config, Machine machine, unsigned verbose)
    : configured_(start.settings), running_(std::move(start)), config_(config), machine_(std::move(machine)),
      verbose_(verbose) {}

bool LiveConfig::take(conf::Settings configured, Configuration running, Report& report) {
    const auto config = resolve(running, machine_, verbose_);
    if (!config) {
        report.say(LogLevel::error, config.error().message + ": " + std::string(kKept));
        return false;
    }
    configured_ = std::move(configured);
    running_ = std::move(running);
    config_ = *config;
    return true;
}

Change LiveConfig::reload(Configuration read) {
    Change change;
    for (const std::string& complaint : read.complaints)
        change.report.say(read.has_errors ? LogLevel::error : LogLevel::warning, complaint);
    if (read.has_errors) {
        change.report.say(LogLevel::error, "the configuration has errors: " + std::string(kKept));
        return change;
    }
    const ReloadPlan plan = plan_reload(running_.settings, read.settings);
    const bool other_plugins = configured_.plugins != read.settings.plugins;
    change.pool = !(read.pool == running_.pool);
    for (const FileKind kind : kCheckedFiles)
        if (!same_file(running_, read, kind)) change.files.push_back(kind);
    conf::Settings wanted = read.settings;
    read.settings = plan.settings;
    if (!take(std::move(wanted), std::move(read), change.report)) return change;
    change.refused = false;
    change.report.say(LogLevel::info, "configuration read again");
    tell(plan, change.report);
    if (other_plugins) change.report.say(LogLevel::info, "in force after a restart: plugins");
    for (const FileKind kind : change.files)
        change.report.say(LogLevel::info, "in force at once: " + std::string(file_name(kind)) +
                                              (kind == FileKind::ip_pool ? ", " + count_addresses(running_.pool) : ""));
    if (plan.changed.empty() && change.files.empty() && !other_plugins)
        change.report.say(LogLevel::info, "nothing has changed");
    return change;
}

Change LiveConfig::set(std::uint32_t table_hash, std::uint16_t number, const conf::TypedValue& value) {
    Change change;
    const ConfigKey* key = table_hash == conf::key_table_hash() ? conf::key_at(number) : nullptr;
    if (key == nullptr) {
        change.report.say(LogLevel::error, "the settings of l2tpnsd are other ones: it is of another release");
        return change;
    }
    conf::Settings wanted = configured_;
    if (const auto done = conf::set_typed(wanted, *key, value); done)
        set_checked(*key, std::move(wanted), change);
    else
        change.report.say(LogLevel::error, done.error().message);
    return change;
}

void LiveConfig::set_checked(const ConfigKey& key, conf::Settings wanted, Change& change) {
    Report warnings;
    for (const conf::Finding& finding : conf::check(wanted)) {
        if (!concerns(finding, key)) continue;
        if (finding.severity == conf::Severity::error) return change.report.say(LogLevel::error, finding.message);
        warnings.say(LogLevel::warning, "warning: " + finding.message);
    }
    Configuration next = running_;
    next.settings = plan_reload(running_.settings, wanted).settings;
    const std::string done = echo(wanted, key);
    if (!take(std::move(wanted), std::move(next), change.report)) return;
    change.refused = false;
    change.report.say(LogLevel::info, done);
    if (!key.acts)
        change.report.say(LogLevel::info, "nothing in this release uses it yet");
    else
        change.report.say(LogLevel::info, "in force " + std::string(to_string(key.effect)));
    for (Report::Line& warning : warnings.lines)
        change.report.lines.push_back(std::move(warning));
}

Change LiveConfig::load_plugin(std::string_view name) {
    Change change;
    std::vector<std::string>& plugins = configured_.plugins;
    if (std::ranges::find(plugins, name) != plugins.end()) {
        change.report.say(LogLevel::error, "plugin \"" + escape(name) + "\" is loaded already");
    } else if (plugins.size() == conf::kMaxPlugins) {
        change.report.say(LogLevel::error, "there are too many plugins");
    } else {
        plugins.emplace_back(name);
        change.refused = false;
        change.report.say(LogLevel::info, "Loading plugin " + escape(name));
        change.report.say(LogLevel::info, "nothing in this release loads plugins yet: the line is kept");
    }
    return change;
}

Change LiveConfig::remove_plugin(std::string_view name) {
    Change change;
    const auto erased = std::erase(configured_.plugins, name);
    change.refused = erased == 0;
    if (change.refused)
        change.report.say(LogLevel::error, "plugin \"" + escape(name) + "\" is not loaded");
    else
        change.report.say(LogLevel::info, "Removing plugin " + escape(name));
    return change;
}

namespace {

// Empty, or why it cannot be.
std::string edit(std::vector<conf::AccessList>& lists, const imsg::AccessListChange& wish) {
    const std::string name = wish.name.str();
    if (const char* complaint = conf::require_list_name(name)) return '"' + escape(name) + "\" " + complaint;
    const auto found = std::ranges::find(lists, name, &conf::AccessList::name);
    const bool there = found != lists.end();
    if (there && found->kind != wish.kind)
        return "Access-list " + name + " is " + std::string(conf::to_string(found->kind));
    switch (wish.verb) {
    case imsg::AccessListVerb::begin:
        if (wish.kind != conf::AccessKind::standard && wish.kind != conf::AccessKind::extended) break;
        if (!there && lists.size() == conf::kMaxAccessLists) return "there are too many access lists";
        if (!there) lists.push_back({name, wish.kind, {}});
        return "";
    case imsg::AccessListVerb::add_rule:
        if (!there) return "Access-list " + name + " not defined";
        if (!conf::is_sound(wish.kind, wish.rule)) break;
        if (conf::count_rules(lists) == conf::kMaxAccessRules) return "the access lists have too many rules";
        found->rules.push_back(wish.rule);
        return "";
    case imsg::AccessListVerb::remove:
        if (!there) return "Access-list " + name + " not defined";
        lists.erase(found);
        return "";
    }
    return "the change is not understood";
}

} // namespace

Change LiveConfig::edit_access_list(const imsg::AccessListChange& wish) {
    Change change;
    conf::Settings wanted = configured_;
    if (const std::string complaint = edit(wanted.access_lists, wish); !complaint.empty()) {
        change.report.say(LogLevel::error, complaint);
        return change;
    }
    Configuration next = running_;
    next.settings.access_lists = wanted.access_lists;
    keep_access_lists(next);
    if (!take(std::move(wanted), std::move(next), change.report)) return change;
    change.refused = false;
    change.files.push_back(FileKind::access_lists);
    return change;
}

std::string LiveConfig::show() const {
    std::string pending;
    for (const ConfigKey* key : conf::changed_keys(running_.settings, configured_))
        pending += "! after a restart: " + std::string(key->name) + '\n';
    return pending + conf::print(configured_);
}

} // namespace lns::parent
