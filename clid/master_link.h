// SPDX-License-Identifier: ISC
// A connection child's way to the master: one question at a time, and the child waits for the answer.
// The master decides; nothing here grants anything.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/imsg/channel.h"

namespace lns::clid {

class MasterLink {
public:
    explicit MasterLink(UniqueFd channel);

    // Verdicts and texts for the operator. `goodbye`: the master ends this connection.
    imsg::CliAnswer login(std::string_view user, std::string_view password);
    imsg::CliAnswer enable(std::string_view password);
    imsg::CliAnswer command(imsg::CliVerb verb, std::uint32_t argument);
    Result<std::string> running_config();

private:
    template <class Question>
    imsg::CliAnswer ask(const Question& question);

    imsg::Channel channel_;
    bool answered_ = false;
    imsg::CliAnswer answer_{};
    std::string document_;
};

} // namespace lns::clid
