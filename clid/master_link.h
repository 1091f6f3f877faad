// SPDX-License-Identifier: ISC
// A connection child's way to the master: one question at a time, and the child waits for the answer.
// The master decides; nothing here grants anything.
#pragma once

#include <string>
#include <string_view>

#include "lib/conf/typed_value.h"
#include "lib/imsg/channel.h"

namespace lns::clid {

class MasterLink {
public:
    explicit MasterLink(UniqueFd channel);

    // Verdicts and texts for the operator. `goodbye`: the master ends this connection.
    imsg::CliAnswer login(std::string_view user, std::string_view password);
    imsg::CliAnswer enable(std::string_view password);
    imsg::CliAnswer command(imsg::CliVerb verb, std::uint32_t argument);
    // What the parent says to these, of any length.
    struct Said {
        bool failed = false;
        std::string text;
    };
    Said ask_parent(imsg::CliVerb verb);
    Said set(const conf::ConfigKey& key, const conf::TypedValue& value);
    Said change_plugin(bool remove, std::string_view name);

private:
    template <class Question>
    Said ask_for_document(const Question& question);
    template <class Question>
    imsg::CliAnswer ask(const Question& question);

    imsg::Channel channel_;
    bool answered_ = false;
    imsg::CliAnswer answer_{};
    std::string document_;
};

} // namespace lns::clid
