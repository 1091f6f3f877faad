// SPDX-License-Identifier: ISC
// What operators ask of the parent by way of clid: to show, change, read and write the configuration. No
// request names a path; a value has a type and is checked against the parent's own key table.
#pragma once

#include <functional>
#include <string>

#include "l2tpnsd/live_config.h"
#include "lib/imsg/channel.h"

namespace lns::parent {

class OperatorDesk {
public:
    // `adopt` carries a change out; `reload` reads the files again, and carries out what follows.
    struct Hooks {
        std::function<void(const Change&)> adopt;
        std::function<Change()> reload;
    };
    OperatorDesk(LiveConfig& config, std::string confdir, Hooks hooks)
        : config_(config), confdir_(std::move(confdir)), hooks_(std::move(hooks)) {}

    void serve(imsg::Channel& cli);

private:
    void changed(imsg::Channel& cli, std::uint32_t request, const Change& change);
    void write_memory(imsg::Channel& cli, std::uint32_t request);
    void change_plugin(imsg::Channel& cli, const imsg::ChangePlugin& question);
    static void answer(imsg::Channel& cli, std::uint32_t request, bool failed, const std::string& text);

    LiveConfig& config_;
    std::string confdir_;
    Hooks hooks_;
};

// Writes a report into the log.
void log_report(const Report& report);

} // namespace lns::parent
