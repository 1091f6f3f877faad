// SPDX-License-Identifier: ISC
// A connection child's way to the master: one question at a time, and the child waits for the answer.
// The master decides; nothing here grants anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/ids.h"
#include "lib/conf/typed_value.h"
#include "lib/imsg/channel.h"

namespace lns::clid {

class MasterLink {
public:
    explicit MasterLink(UniqueFd channel);

    // Verdicts and texts for the operator. `goodbye`: the master ends this connection.
    imsg::CliAnswer login(std::string_view user, std::string_view password);
    imsg::CliAnswer enable(std::string_view password);
    // `generation` of the session that is meant; none: whichever has that SID.
    imsg::CliAnswer command(imsg::CliVerb verb, std::uint32_t argument, Generation generation = Generation::none);
    imsg::CliAnswer change_services(SessionIndex session, Generation generation, const imsg::ServiceChange& change);
    // What the parent says to these, of any length.
    struct Said {
        bool failed = false;
        std::string text;
    };
    Said ask_parent(imsg::CliVerb verb);
    Said set(const conf::ConfigKey& key, const conf::TypedValue& value);
    Said edit_access_list(const imsg::AccessListChange& change);
    Said change_plugin(bool remove, std::string_view name);

    // The levels of the log that this connection looks at, a bit each.
    [[nodiscard]] std::uint8_t log_levels() const { return log_levels_; }
    imsg::CliAnswer follow_log(std::uint8_t levels);
    // The lines that have come since; does not wait.
    std::vector<std::string> take_log_lines();

    // Of the control port; not answered.
    void report(imsg::ControlEvent event, Endpoint from, const std::vector<std::string>& words);

private:
    template <class Question>
    Said ask_for_document(const Question& question);
    template <class Question>
    imsg::CliAnswer ask(const Question& question);

    void log_line(const imsg::CliLogLine& line);

    imsg::Channel channel_;
    bool answered_ = false;
    imsg::CliAnswer answer_{};
    std::string document_;
    std::uint8_t log_levels_ = 0;
    std::vector<std::string> log_lines_;
};

} // namespace lns::clid
