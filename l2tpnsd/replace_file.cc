// SPDX-License-Identifier: ISC
#include "l2tpnsd/replace_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

namespace lns::parent {

namespace {

constexpr mode_t kModeOfNew = 0600; // it may hold secrets

class Replacement {
public:
    Replacement(const std::string& directory, const std::string& name)
        : path_(directory + "/" + name), name_(name), new_name_("." + name + ".new"), link_name_("." + name + ".link"),
          directory_(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;
    // What is still there by these names was not put in its place.
    ~Replacement() {
        if (!directory_) return;
        unlinkat(directory_.get(), new_name_.c_str(), 0);
        unlinkat(directory_.get(), link_name_.c_str(), 0);
    }

    Status<> run(std::string_view text) {
        if (!directory_) return failed("open its directory");
        for (const std::string& left_by_a_crash : {new_name_, link_name_})
            unlinkat(directory_.get(), left_by_a_crash.c_str(), 0);
        if (auto done = look_at_old(); !done) return done;
        if (auto done = write_new(text); !done) return done;
        if (auto done = keep_old(); !done) return done;
        if (renameat(directory_.get(), new_name_.c_str(), directory_.get(), name_.c_str()) != 0)
            return failed("put the new one in its place");
        if (fsync(directory_.get()) != 0) return failed("have its directory stored");
        return Done{};
    }

private:
    [[nodiscard]] Failure<Error> failed(const char* what) const {
        const int error = errno;
        return failure(path_ + ": cannot " + what + ": " + strerror(error));
    }

    Status<> look_at_old() {
        exists_ = fstatat(directory_.get(), name_.c_str(), &old_, AT_SYMLINK_NOFOLLOW) == 0;
        if (!exists_ && errno != ENOENT) return failed("look at it");
        // The file it leads to is somebody else's: a package's, or a repository's.
        if (exists_ && !S_ISREG(old_.st_mode)) return failure(path_ + " is not a regular file: it is left alone");
        return Done{};
    }

    Status<> write_new(std::string_view text) {
        const UniqueFd fd(openat(directory_.get(), new_name_.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kModeOfNew));
        if (!fd) return failed("make a new one");
        while (!text.empty()) {
            const ssize_t n = write(fd.get(), text.data(), text.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failed("write a new one");
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        if (exists_ && fchmod(fd.get(), old_.st_mode & 07777) != 0) return failed("keep its mode");
        struct stat made {};
        if (fstat(fd.get(), &made) != 0) return failed("look at the new one");
        const bool same_owner = made.st_uid == old_.st_uid && made.st_gid == old_.st_gid;
        if (exists_ && !same_owner && fchown(fd.get(), old_.st_uid, old_.st_gid) != 0) return failed("keep its owner");
        if (fsync(fd.get()) != 0) return failed("have the new one stored");
        return Done{};
    }

    // A second name for it, so that there is never none.
    Status<> keep_old() {
        if (!exists_) return Done{};
        const int fd = directory_.get();
        if (linkat(fd, name_.c_str(), fd, link_name_.c_str(), 0) != 0 ||
            renameat(fd, link_name_.c_str(), fd, (name_ + ".old").c_str()) != 0)
            return failed("keep what it says as .old");
        return Done{};
    }

    std::string path_, name_, new_name_, link_name_;
    UniqueFd directory_;
    struct stat old_ {};
    bool exists_ = false;
};

} // namespace

Status<> replace_file(const std::string& directory, const std::string& name, std::string_view text) {
    return Replacement(directory, name).run(text);
}

} // namespace lns::parent
