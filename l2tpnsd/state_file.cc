// SPDX-License-Identifier: ISC
#include "l2tpnsd/state_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "l2tpnsd/run_directory.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

} // namespace

UniqueFd StateFile::open_saved() const {
    UniqueFd fd(open(path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat status {};
    if (!fd) {
        if (errno != ENOENT) log_warn("%s", path().c_str());
        return {};
    }
    if (fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
        log_error("%s is not a file of root's: it is left alone", path().c_str());
        return {};
    }
    return fd;
}

void StateFile::consume() const {
    if (unlink(path().c_str()) != 0) log_warn("%s", path().c_str());
    if (const auto done = sync_directory(); !done) log_error("%s", done.error().message.c_str());
}

void StateFile::set_aside() const {
    if (rename(path().c_str(), path_aside().c_str()) != 0) log_warn("%s", path_aside().c_str());
}

Result<UniqueFd> StateFile::begin() const {
    if (const auto made = make_state_directory(directory_); !made) return Failure<Error>{made.error()};
    discard(); // of a parent that was killed while saving
    UniqueFd fd(open(path_of_new().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return system_failure(path_of_new());
    return fd;
}

Status<> StateFile::commit(const UniqueFd& fd) const {
    if (fsync(fd.get()) != 0) return system_failure(path_of_new());
    if (rename(path_of_new().c_str(), path().c_str()) != 0) return system_failure(path());
    return sync_directory();
}

void StateFile::discard() const { unlink(path_of_new().c_str()); }

Status<> StateFile::sync_directory() const {
    const UniqueFd fd(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) return system_failure(directory_);
    return Done{};
}

} // namespace lns::parent
