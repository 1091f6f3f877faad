// SPDX-License-Identifier: ISC
// Commands about the configuration. What was typed is checked here for the operator's sake; the parent, which
// carries it out, checks it again.
#include <algorithm>

#include "clid/handlers.h"
#include "clid/harmless.h"
#include "clid/text_line.h"
#include "lib/conf/startup_config.h"
#include "lib/conf/value_rules.h"

namespace lns::clid {

namespace {

void say(CommandContext& context, const MasterLink::Said& said) {
    std::string_view rest = said.text;
    while (!rest.empty() && !context.out.gone()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string line = harmless(rest.substr(0, end));
        said.failed ? context.out.error(line) : context.out.print(line);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

void list_keys(CommandContext& context, std::string_view begun) {
    for (const conf::ConfigKey& key : conf::config_keys())
        if (key.name.starts_with(begun))
            context.out.error(text_line("  %-36s %s", key.name.data(), std::string(type_name(key)).c_str()));
}

} // namespace

void show_running_config(CommandContext& context, Arguments /*arguments*/) {
    say(context, context.master.ask_parent(imsg::CliVerb::show_running));
}

void write_memory(CommandContext& context, Arguments /*arguments*/) {
    say(context, context.master.ask_parent(imsg::CliVerb::write_memory));
}

void reload_configuration(CommandContext& context, Arguments /*arguments*/) {
    say(context, context.master.ask_parent(imsg::CliVerb::reload));
}

void configure_terminal(CommandContext& context, Arguments /*arguments*/) { context.out.enter_configuration(); }

void set_key(CommandContext& context, Arguments arguments) {
    if (arguments.size() < 2) return context.out.error("Specify variable and value");
    const conf::ConfigKey* key = conf::find_key(arguments[0]);
    if (key == nullptr) return context.out.error(conf::unknown_setting(arguments[0]));
    if (arguments.size() > 2) return context.out.error("A value with blanks stands in quotation marks");
    conf::Settings typed;
    if (const auto done = conf::set_value(typed, *key, arguments[1]); !done)
        return context.out.error(done.error().message);
    say(context, context.master.set(*key, conf::typed_value(typed, *key)));
}

// `set ?`, `set ic?`, `set icmp_rate ?`
void explain_set(CommandContext& context, Arguments typed) {
    std::string_view begun = typed.back();
    begun.remove_suffix(1);
    if (typed.size() == 1) return list_keys(context, begun);
    const conf::ConfigKey* key = conf::find_key(typed[0]);
    if (key == nullptr) return context.out.error(conf::unknown_setting(typed[0]));
    if (typed.size() == 2 && begun.empty()) context.out.error("  " + allowed_values(*key));
    if (typed.size() == 3 && begun.empty()) context.out.error("  <cr>");
}

void load_plugin(CommandContext& context, Arguments arguments) {
    if (const char* complaint = conf::require_plugin_name(arguments[0]))
        return context.out.error("\"" + harmless(arguments[0]) + "\" " + complaint);
    say(context, context.master.change_plugin(false, arguments[0]));
}

void remove_plugin(CommandContext& context, Arguments arguments) {
    say(context, context.master.change_plugin(true, arguments[0]));
}

} // namespace lns::clid
