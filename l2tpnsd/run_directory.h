// SPDX-License-Identifier: ISC
// The directories the parent makes: RUNDIR with the workers' empty root, the lock and the pid file, that of
// save_state, and the spool of radiusd-client.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace lns::parent {

class RunDirectory {
public:
    // Makes what is missing and takes the lock; fails when another l2tpnsd holds it.
    static Result<RunDirectory> open(const std::string& path);
    // The same for one that exists already (--purge); makes nothing but the lock file.
    static Result<RunDirectory> open_existing(const std::string& path);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string empty_directory() const { return path_ + "/empty"; }
    [[nodiscard]] std::string pid_file() const { return path_ + "/l2tpnsd.pid"; }

    RunDirectory(RunDirectory&&) = default;
    RunDirectory& operator=(RunDirectory&&) = delete;
    // Removes pid file and empty directory, then the lock file; the directory itself stays.
    ~RunDirectory();

private:
    explicit RunDirectory(std::string path) : path_(std::move(path)) {}
    std::string path_;
    UniqueFd lock_;
};

Status<> write_pid_file(const std::string& path);

// Makes `path` and what is missing above it; nobody but root enters it.
Status<> make_state_directory(const std::string& path);

// Makes `path` and what is missing above it. The directory becomes that of `uid`, as do the files in it
// that were its former owner's: an account made later keeps its spool. Mode 0710 and group root, because
// the worker enters it while it is still root, but without the capability to pass every mode.
Status<> make_spool(const std::string& path, std::uint32_t uid);

} // namespace lns::parent
