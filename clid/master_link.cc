// SPDX-License-Identifier: ISC
#include "clid/master_link.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <unistd.h>
#include <utility>

namespace lns::clid {

namespace {

constexpr std::uint32_t kMaxDocument = std::uint32_t{16} << 20;

std::string read_document(const UniqueFd& file, std::uint32_t bytes) {
    std::string text(std::min(bytes, kMaxDocument), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t n = pread(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    text.resize(done);
    return text;
}

// A text that does not fit is sent empty: a part of it must not pass for the whole.
template <std::size_t N>
void put_whole(FixedText<N>& field, std::string_view text) {
    if (!field.assign(text)) field.assign(std::string_view());
}

} // namespace

MasterLink::MasterLink(UniqueFd channel) : channel_(Proc::cli_child, Proc::cli, std::move(channel)) {
    channel_.on<imsg::CliAnswer>([this](const imsg::CliAnswer& answer) {
        answer_ = answer;
        answered_ = true;
    });
    channel_.on<imsg::CliDocument>([this](const imsg::CliDocument& document, UniqueFd file) {
        document_ = read_document(file, document.bytes);
        answer_ = {document.failed != 0 ? imsg::CliVerdict::failed : imsg::CliVerdict::done, {}};
        answered_ = true;
    });
    channel_.on<imsg::CliLogLine>([this](const imsg::CliLogLine& line) { log_line(line); });
}

template <class Question>
imsg::CliAnswer MasterLink::ask(const Question& question) {
    answered_ = false;
    bool connected = channel_.send(question) && channel_.flush_blocking();
    while (connected && !answered_)
        connected = channel_.receive_blocking();
    if (!answered_) _exit(EXIT_SUCCESS); // the master left: so does its child
    return answer_;
}

imsg::CliAnswer MasterLink::login(std::string_view user, std::string_view password) {
    imsg::CliLogin question{};
    put_whole(question.user, user);
    put_whole(question.password, password);
    return ask(question);
}

imsg::CliAnswer MasterLink::enable(std::string_view password) {
    imsg::CliEnable question{};
    put_whole(question.password, password);
    return ask(question);
}

imsg::CliAnswer MasterLink::command(imsg::CliVerb verb, std::uint32_t argument, Generation generation) {
    return ask(imsg::CliCommand{verb, argument, raw(generation), 0});
}

imsg::CliAnswer MasterLink::change_services(SessionIndex session, Generation generation,
                                            const imsg::ServiceChange& change) {
    return ask(imsg::CliServices{raw(session), raw(generation), change});
}

void MasterLink::report(imsg::ControlEvent event, Endpoint from, const std::vector<std::string>& words) {
    imsg::ControlSeen seen{event, from.address, from.port, {}};
    std::string line;
    for (const std::string& word : words)
        line += (line.empty() ? "" : " ") + word;
    seen.words.assign(std::string_view(line));
    if (!channel_.send(seen) || !channel_.flush_blocking()) _exit(EXIT_SUCCESS);
}

void MasterLink::log_line(const imsg::CliLogLine& line) {
    if (line.lost > 0) log_lines_.push_back("(" + std::to_string(line.lost) + " lines were lost)");
    if (line.level < 8 && (log_levels_ >> line.level & 1U) != 0) log_lines_.push_back(line.text.str());
}

imsg::CliAnswer MasterLink::follow_log(std::uint8_t levels) {
    const imsg::CliAnswer answer =
        command(imsg::CliVerb::follow_log, static_cast<std::uint32_t>(std::bit_width(levels)));
    if (answer.verdict == imsg::CliVerdict::done) log_levels_ = levels;
    return answer;
}

std::vector<std::string> MasterLink::take_log_lines() {
    channel_.receive_pending();
    if (!channel_.is_open()) _exit(EXIT_SUCCESS); // the master left
    return std::exchange(log_lines_, {});
}

template <class Question>
MasterLink::Said MasterLink::ask_for_document(const Question& question) {
    document_.clear();
    const imsg::CliAnswer answer = ask(question);
    Said said{answer.verdict != imsg::CliVerdict::done, std::exchange(document_, {})};
    if (said.text.empty()) said.text = answer.text.str(); // it did not come to the document
    return said;
}

MasterLink::Said MasterLink::ask_parent(imsg::CliVerb verb) {
    return ask_for_document(imsg::CliCommand{verb, 0, 0, 0});
}

MasterLink::Said MasterLink::set(const conf::ConfigKey& key, const conf::TypedValue& value) {
    imsg::CliSet question{};
    question.table_hash = conf::key_table_hash();
    question.key = conf::key_number(key);
    question.kind = static_cast<std::uint16_t>(value.kind);
    question.number = value.number;
    question.address = value.address;
    put_whole(question.text, value.text);
    return ask_for_document(question);
}

MasterLink::Said MasterLink::edit_access_list(const imsg::AccessListChange& change) {
    return ask_for_document(imsg::CliAccessList{change});
}

MasterLink::Said MasterLink::change_plugin(bool remove, std::string_view name) {
    imsg::CliPlugin question{};
    question.remove = remove ? 1 : 0;
    put_whole(question.name, name);
    return ask_for_document(question);
}

} // namespace lns::clid
