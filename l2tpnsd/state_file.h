// SPDX-License-Identifier: ISC
// The file of save_state, as far as the parent is concerned: it opens it, and gives it the right name. What is
// in it only sessiond knows.
#pragma once

#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace lns::parent {

class StateFile {
public:
    // Not in the spool's directory: that belongs to a worker.
    explicit StateFile(std::string directory) : directory_(std::move(directory)) {}

    [[nodiscard]] std::string path() const { return directory_ + "/state"; }
    [[nodiscard]] std::string path_aside() const { return path() + ".bad"; }

    // What was saved; invalid when nothing was.
    [[nodiscard]] UniqueFd open_saved() const;
    // It was loaded, and must not be again.
    void consume() const;
    // It is of no use here, but an operator may want to see it.
    void set_aside() const;

    // A new one is begun beside it, and takes its place when it is whole and on the disk.
    Result<UniqueFd> begin() const;
    Status<> commit(const UniqueFd& fd) const;
    void discard() const;

private:
    [[nodiscard]] std::string path_of_new() const { return path() + ".new"; }
    Status<> sync_directory() const;
    std::string directory_;
};

} // namespace lns::parent
