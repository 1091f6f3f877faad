// SPDX-License-Identifier: ISC
// Named access lists: shown with the matches of their rules, begun, added to, removed.
#include <algorithm>

#include "clid/handlers.h"
#include "clid/harmless.h"
#include "lib/conf/access_list.h"
#include "lib/conf/startup_config.h"
#include "shm/rule_counters.h"

namespace lns::clid {

namespace {

std::uint64_t matches_of(const SuiteView& view, const conf::AccessList& list, const std::string& rule) {
    std::uint64_t sum = 0;
    for (const auto& table : view.rule_counters)
        sum += shm::rule_matches(table, conf::rule_key(list.name, rule));
    return sum;
}

void show(CommandContext& context, const conf::AccessList& list) {
    const bool standard = list.kind == conf::AccessKind::standard;
    context.out.print(std::string(standard ? "Standard" : "Extended") + " IP access list " + list.name);
    for (const conf::AccessRule& rule : list.rules) {
        const std::string text = print(list.kind, rule);
        const std::uint64_t matches = matches_of(context.view, list, text);
        context.out.print(" " + text + (matches == 0 ? "" : " (" + std::to_string(matches) + " matches)"));
    }
}

// The change is carried out, or what speaks against it is printed.
bool edit(CommandContext& context, imsg::AccessListVerb verb, conf::AccessKind kind, std::string_view name,
          const conf::AccessRule& rule = {}) {
    if (const char* complaint = conf::require_list_name(name)) {
        context.out.error('"' + harmless(name) + "\" " + complaint);
        return false;
    }
    imsg::AccessListChange change{verb, kind, 0, {}, rule};
    change.name.assign(name);
    const MasterLink::Said said = context.master.edit_access_list(change);
    if (!said.text.empty()) context.out.error(harmless(said.text.substr(0, said.text.find('\n'))));
    return !said.failed;
}

bool is_in_use(const SuiteView& view, std::string_view name) {
    bool used = false;
    for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord& record) {
        if (!record.has_aaa) return true;
        const shm::SessionAaa aaa = view.session_aaa.get(raw(sid));
        used = aaa.generation == record.generation && (aaa.filter_in.view() == name || aaa.filter_out.view() == name);
        return !used;
    });
    return used;
}

void add_rule(CommandContext& context, std::string_view action, Arguments arguments) {
    const Output::ListInHand list = context.out.access_list();
    std::vector<std::string_view> words{action};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const auto rule = conf::parse_access_rule(list.kind, words);
    if (rule)
        edit(context, imsg::AccessListVerb::add_rule, list.kind, list.name, *rule);
    else
        context.out.error(rule.error().message);
}

} // namespace

void show_access_list(CommandContext& context, Arguments arguments) {
    const MasterLink::Said said = context.master.ask_parent(imsg::CliVerb::show_access_lists);
    if (said.failed) return context.out.error(harmless(said.text));
    const auto lists = conf::parse_startup_config(said.text, "access lists").settings.access_lists;
    for (const std::string_view name : arguments) {
        if (const conf::AccessList* list = conf::find_list(lists, name))
            show(context, *list);
        else
            context.out.error("Access-list " + harmless(name) + " not defined");
    }
}

void ip_access_list(CommandContext& context, Arguments arguments) {
    const auto kind = conf::parse_access_kind(arguments[0]);
    if (!kind) return context.out.error("Invalid access-list type");
    if (edit(context, imsg::AccessListVerb::begin, *kind, arguments[1]))
        context.out.enter_access_list(*kind, arguments[1]);
}

void no_in_configuration(CommandContext& context, Arguments arguments) {
    if (arguments[0] != "ip" || arguments[1] != "access-list")
        return context.out.error("Invalid argument \"" + harmless(arguments[0]) + '"');
    const auto kind = conf::parse_access_kind(arguments[2]);
    if (!kind) return context.out.error("Specify access-list type and name");
    if (is_in_use(context.view, arguments[3]))
        return context.out.error("Access-list " + harmless(arguments[3]) + " is in use");
    edit(context, imsg::AccessListVerb::remove, *kind, arguments[3]);
}

void permit(CommandContext& context, Arguments arguments) { add_rule(context, "permit", arguments); }
void deny(CommandContext& context, Arguments arguments) { add_rule(context, "deny", arguments); }

} // namespace lns::clid
