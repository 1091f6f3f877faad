// SPDX-License-Identifier: ISC
// What is configured, and what the suite runs with: they differ in the settings that only a restart
// changes. Decides what a reload or a `set` does, and says it; carries nothing out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "l2tpnsd/configuration.h"
#include "lib/base/log.h"
#include "lib/conf/typed_value.h"

namespace lns::parent {

// For the operator who asked and for the log; without secrets.
struct Report {
    struct Line {
        LogLevel level;
        std::string text;
    };
    std::vector<Line> lines;

    void say(LogLevel level, std::string text) { lines.push_back({level, std::move(text)}); }
    [[nodiscard]] std::string text() const; // a line each
};

struct Change {
    bool refused = true;               // then nothing is changed, and the report says why
    bool pool = false;                 // the pool is another one
    std::vector<imsg::FileKind> files; // what workers must be given anew
    Report report;
};

class LiveConfig {
public:
    // `config` is `start`, resolved with the other two.
    LiveConfig(Configuration start, conf::Config config, Machine machine, unsigned verbose);

    // Everything was read and checked; it is taken whole or not at all.
    Change reload(Configuration read);
    // `set NAME VALUE`: the key by its number, from a worker that was built with the same table.
    Change set(std::uint32_t table_hash, std::uint16_t key, const conf::TypedValue& value);
    Change load_plugin(std::string_view name);
    Change remove_plugin(std::string_view name);
    Change edit_access_list(const imsg::AccessListChange& wish);

    // What `write memory` writes.
    [[nodiscard]] const conf::Settings& configured() const { return configured_; }
    // The same for `show running-config`, with a comment on what waits for a restart.
    [[nodiscard]] std::string show() const;
    [[nodiscard]] const Configuration& running() const { return running_; }
    [[nodiscard]] const conf::Config& config() const { return config_; }

private:
    // Takes both over when they can be resolved; says why not otherwise.
    bool take(conf::Settings configured, Configuration running, Report& report);
    void set_checked(const conf::ConfigKey& key, conf::Settings wanted, Change& change);

    conf::Settings configured_;
    Configuration running_;
    conf::Config config_;
    Machine machine_;
    unsigned verbose_;
};

} // namespace lns::parent
