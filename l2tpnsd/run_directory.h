// SPDX-License-Identifier: ISC
// The directories the parent makes: RUNDIR with the workers' empty root, the locks, the pid file and the record of
// the instance, that of save_state, and the spool of radiusd-client.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace lns::parent {

class RunDirectory {
public:
    // Makes what is missing and takes the parent's lock; fails when another l2tpnsd holds it.
    static Result<RunDirectory> open(const std::string& path);
    // The same for one that exists already (--purge); makes nothing but the lock files.
    static Result<RunDirectory> open_existing(const std::string& path);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string empty_directory() const { return path_ + "/empty"; }
    [[nodiscard]] std::string pid_file() const { return path_ + "/l2tpnsd.pid"; }
    // Where an administrator mounts a BPF file system.
    [[nodiscard]] std::string bpf_directory() const { return path_ + "/bpf"; }
    [[nodiscard]] std::string record_file() const { return path_ + "/instance"; }

    // The writers' lock (DESIGN 2): each process that may write the tables of sessions holds the same open file,
    // so that it is free only when the last of them is gone. Waits for that until then.
    Status<> take_writers_lock(MonoTime deadline);
    // To hand to a writer; -1 before it was taken.
    [[nodiscard]] int writers_lock() const { return writers_lock_.get(); }

    // Whether the directory's contents outlive this process.
    void leave_in_place(bool stay = true) { left_in_place_ = stay; }

    RunDirectory(RunDirectory&&) = default;
    RunDirectory& operator=(RunDirectory&&) = delete;
    // Removes all that it made, the locks last, unless it is to stay; the directory itself stays.
    ~RunDirectory();

private:
    explicit RunDirectory(std::string path) : path_(std::move(path)) {}
    std::string path_;
    UniqueFd parent_lock_;
    UniqueFd writers_lock_;
    bool left_in_place_ = false;
};

Status<> write_pid_file(const std::string& path);

// Makes `path` and what is missing above it; nobody but root enters it.
Status<> make_state_directory(const std::string& path);

// Makes `path` and what is missing above it. The directory becomes that of `uid`, as do the files in it
// that were its former owner's: an account made later keeps its spool. Mode 0710 and group root, because
// the worker enters it while it is still root, but without the capability to pass every mode.
Status<> make_spool(const std::string& path, std::uint32_t uid);

} // namespace lns::parent
