// SPDX-License-Identifier: ISC
// save_state, the parent's part: at the stop a file for sessiond to write to, at the start the file for it to
// read. What it holds in between is never looked into here.
#pragma once

#include <functional>
#include <string>

#include "l2tpnsd/start_kit.h"
#include "l2tpnsd/state_file.h"
#include "lib/base/event.h"

namespace lns::parent {

class StateDesk {
public:
    // `inventory` outlives it.
    StateDesk(EventLoop& loop, std::string directory, Inventory& inventory);

    // Before the workers start, with new and empty tables: sessiond gets what was saved, if `wanted`.
    void offer(bool wanted);
    // The tables of this boot are there, and they are the truth: what was saved is of the past.
    void tables_are_newer();
    // sessiond has read it, or will not; it ended before it said so.
    void loaded(const imsg::StateLoaded& report);
    void session_ended();

    // Asks sessiond for all it has; `done` runs when the file is on the disk, or will never be.
    void save(imsg::Channel* session, std::function<void()> done);
    [[nodiscard]] bool saving() const { return new_file_.valid(); }
    void saved(const imsg::StateSaved& report);

private:
    void withdraw();
    void give_up(const std::string& why);
    void finish();

    StateFile file_;
    Inventory& inventory_;
    unsigned offers_ = 0; // to as many lives of sessiond; 0: nothing is on offer
    UniqueFd new_file_;
    std::function<void()> done_;
    Timer patience_;
};

// Where the file of an instance is.
std::string state_directory(const std::string& rundir, bool is_default);

} // namespace lns::parent
