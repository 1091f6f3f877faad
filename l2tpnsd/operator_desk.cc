// SPDX-License-Identifier: ISC
#include "l2tpnsd/operator_desk.h"

#include "l2tpnsd/plugin_file.h"
#include "l2tpnsd/replace_file.h"
#include "l2tpnsd/sealed_memory.h"
#include "lib/conf/access_list.h"
#include "lib/conf/startup_config.h"

namespace lns::parent {

void log_report(const Report& report) {
    for (const Report::Line& line : report.lines)
        log_at(line.level, "%s", line.text.c_str());
}

void OperatorDesk::serve(imsg::Channel& cli) {
    imsg::Channel* channel = &cli;
    cli.on<imsg::ShowRunning>([this, channel](const imsg::ShowRunning& question) {
        answer(*channel, question.request, false,
               question.only_access_lists != 0 ? conf::print(config_.configured().access_lists) : config_.show());
    });
    cli.on<imsg::SetKey>([this, channel](const imsg::SetKey& question) {
        const conf::TypedValue value{static_cast<conf::ValueKind>(question.kind), question.number, question.address,
                                     question.text.view()};
        changed(*channel, question.request, config_.set(question.table_hash, question.key, value));
    });
    cli.on<imsg::ChangePlugin>(
        [this, channel](const imsg::ChangePlugin& question) { change_plugin(*channel, question); });
    cli.on<imsg::EditAccessList>([this, channel](const imsg::EditAccessList& question) {
        changed(*channel, question.request, config_.edit_access_list(question.change));
    });
    cli.on<imsg::WriteMemory>(
        [this, channel](const imsg::WriteMemory& question) { write_memory(*channel, question.request); });
    cli.on<imsg::ReloadConfig>([this, channel](const imsg::ReloadConfig& question) {
        const Change change = hooks_.reload();
        answer(*channel, question.request, change.refused, change.report.text());
    });
}

void OperatorDesk::changed(imsg::Channel& cli, std::uint32_t request, const Change& change) {
    if (!change.refused) hooks_.adopt(change);
    log_report(change.report);
    answer(cli, request, change.refused, change.report.text());
}

void OperatorDesk::change_plugin(imsg::Channel& cli, const imsg::ChangePlugin& question) {
    const std::string name = question.name.str();
    if (question.remove != 0) return changed(cli, question.request, config_.remove_plugin(name));
    if (const auto complaint = complain_about_plugin(name))
        return answer(cli, question.request, true, *complaint + '\n');
    changed(cli, question.request, config_.load_plugin(name));
}

void OperatorDesk::write_memory(imsg::Channel& cli, std::uint32_t request) {
    const auto done = replace_file(confdir_, kStartupConfig, conf::print(config_.configured()));
    const std::string path = confdir_ + "/" + kStartupConfig;
    const std::string text = done ? "configuration written to " + path : done.error().message;
    log_at(done ? LogLevel::info : LogLevel::error, "%s", text.c_str());
    answer(cli, request, !done, text + '\n');
}

void OperatorDesk::answer(imsg::Channel& cli, std::uint32_t request, bool failed, const std::string& text) {
    UniqueFd memory = seal_in_memory(text);
    if (memory) {
        cli.send(imsg::Document{request, static_cast<std::uint32_t>(text.size()), failed, 0}, std::move(memory));
        return;
    }
    log_warn("memory file for an answer");
    cli.send(imsg::CommandResult{request, failed, failed ? "it failed, and there is no memory to say why" : "done"});
}

} // namespace lns::parent
