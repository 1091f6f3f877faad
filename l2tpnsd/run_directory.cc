// SPDX-License-Identifier: ISC
#include "l2tpnsd/run_directory.h"

#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>

namespace lns::parent {

namespace {

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

// A directory that only root can change, whatever the umask and what was there.
Status<> root_directory(const std::string& path, mode_t mode) {
    if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return system_failure(path);
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) return system_failure(path);
    if (status.st_uid != geteuid()) return failure(path + ": belongs to another user");
    if (fchmod(fd.get(), mode) != 0) return system_failure(path);
    return Done{};
}

constexpr std::chrono::milliseconds kBetweenTries{5};

// A descriptor that holds the lock; none when another process does.
Result<UniqueFd> take_lock(const std::string& path) {
    for (;;) {
        UniqueFd fd(open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd) return system_failure(path);
        if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return UniqueFd();
            return system_failure(path);
        }
        struct stat status {};
        // Who held it may have removed the file since it was opened: then it guards nothing.
        if (fstat(fd.get(), &status) == 0 && status.st_nlink > 0) return fd;
    }
}

Result<UniqueFd> lock_of_parent(const std::string& rundir) {
    const std::string path = rundir + "/l2tpnsd.lock";
    auto lock = take_lock(path);
    if (lock && !*lock) return failure("already running: " + path + " is locked");
    return lock;
}

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// Regular files only, not followed, and without a second name: a link to a file elsewhere stays as it is.
void adopt_files(int directory, uid_t former, uid_t uid) {
    const int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0) return;
    const Directory list(fdopendir(again), closedir);
    while (const dirent* entry = list ? readdir(list.get()) : nullptr) {
        const UniqueFd fd(openat(directory, &entry->d_name[0], O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat status {};
        if (!fd || fstat(fd.get(), &status) != 0) continue;
        if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != former) continue;
        [[maybe_unused]] const int ignored = fchownat(fd.get(), "", uid, static_cast<gid_t>(-1), AT_EMPTY_PATH);
    }
}

} // namespace

Result<RunDirectory> RunDirectory::open(const std::string& path) {
    RunDirectory self(path);
    for (const auto& [directory, mode] : {std::pair{path, mode_t{0755}}, {self.empty_directory(), mode_t{0555}}}) {
        const auto made = root_directory(directory, mode);
        if (!made) return Failure<Error>{made.error()};
    }
    auto lock = lock_of_parent(path);
    if (!lock) return Failure<Error>{lock.error()};
    self.parent_lock_ = std::move(*lock);
    return self;
}

Result<RunDirectory> RunDirectory::open_existing(const std::string& path) {
    RunDirectory self(path);
    auto lock = lock_of_parent(path);
    if (!lock) return Failure<Error>{lock.error()};
    self.parent_lock_ = std::move(*lock);
    return self;
}

Status<> RunDirectory::take_writers_lock(MonoTime deadline) {
    const std::string path = path_ + "/lock";
    for (;;) {
        auto lock = take_lock(path);
        if (!lock) return Failure<Error>{lock.error()};
        writers_lock_ = std::move(*lock);
        if (writers_lock_) return Done{};
        if (Clock::now() >= deadline) return failure(path + " is held by a worker that cannot be found");
        std::this_thread::sleep_for(kBetweenTries);
    }
}

RunDirectory::~RunDirectory() {
    if (!parent_lock_) return; // moved from
    unlink(pid_file().c_str());
    if (left_in_place_) return;
    unlink(record_file().c_str());
    rmdir(empty_directory().c_str());
    unlink((path_ + "/lock").c_str());
    unlink((path_ + "/l2tpnsd.lock").c_str());
}

Status<> write_pid_file(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    const std::string text = std::to_string(getpid()) + "\n";
    if (!fd || fchmod(fd.get(), 0644) != 0 ||
        write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return system_failure("pid file " + path);
    return Done{};
}

Status<> make_state_directory(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failure(path + ": " + error.message());
    return root_directory(path, 0700);
}

Status<> make_spool(const std::string& path, std::uint32_t uid) {
    const std::string what = "accounting spool " + path;
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return failure(what + ": " + error.message());
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) return system_failure(what);
    constexpr mode_t kMode = 0710;
    if (status.st_uid == uid && status.st_gid == getegid() && (status.st_mode & 07777) == kMode) return Done{};
    // As its owner for a moment: that saves the capability to change what is another's (CAP_FOWNER).
    if (fchown(fd.get(), geteuid(), getegid()) != 0 || fchmod(fd.get(), kMode) != 0) return system_failure(what);
    if (status.st_uid != geteuid()) adopt_files(fd.get(), status.st_uid, uid);
    if (fchown(fd.get(), uid, getegid()) != 0) return system_failure(what);
    return Done{};
}

} // namespace lns::parent
