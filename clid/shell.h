// SPDX-License-Identifier: ISC
// libcli behind one class; no other file includes it. Runs in a connection's child, blocking. libcli's
// own user list is not used (it takes modern hashes for plain text): passwords go to the master.
#pragma once

#include <memory>
#include <string>

#include "clid/command_table.h"

namespace lns::clid {

struct ShellSettings {
    std::string hostname; // of the prompt
    bool ask_login = true;
    bool ask_enable = true;      // false: enable needs no password here
    unsigned idle_seconds = 600; // then the connection ends
};

class Shell final : public Output {
public:
    Shell(ShellSettings settings, const SuiteView& view, MasterLink& master);
    ~Shell() override;

    // Serves the operator until he leaves, is sent away or is idle too long.
    void run(int socket);

    void print(const std::string& text) override;
    void error(const std::string& text) override;
    [[nodiscard]] bool gone() const override;
    void enter_configuration() override;
    void enter_access_list(conf::AccessKind kind, std::string_view name) override;
    [[nodiscard]] ListInHand access_list() const override { return access_list_; }
    [[nodiscard]] bool is_privileged() const override;
    [[nodiscard]] std::vector<std::string> history() const override;

private:
    struct Libcli; // what libcli calls back
    struct Deleter {
        void operator()(void* cli) const;
    };

    void register_commands();
    void register_arguments(const Command& command, void* node); // of libcli's tree
    void show_log();
    bool judge(const imsg::CliAnswer& answer);
    int execute(const char* words, char** argv, int argc);
    void explain_arguments(const Command& command, Arguments typed);

    ShellSettings settings_;
    MasterLink& master_;
    CommandContext context_;
    ListInHand access_list_;
    std::unique_ptr<void, Deleter> cli_;
};

} // namespace lns::clid
