// SPDX-License-Identifier: ISC
#include "lib/conf/read_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fd.h"

namespace lns::conf {
namespace {

Failure<FileError> trouble(int error) {
    return {FileError{error == ENOENT ? FileTrouble::absent : FileTrouble::unreadable, std::strerror(error)}};
}

} // namespace

Result<std::string, FileError> read_file(const std::string& path, std::size_t limit) {
    // O_NONBLOCK: a FIFO put in the place of a file must not stop us.
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return trouble(errno);
    return read_file(fd.get(), limit);
}

Result<std::string, FileError> read_file(int fd, std::size_t limit) {
    constexpr std::size_t kStep = 65536;
    std::string text;
    for (;;) {
        const std::size_t had = text.size();
        text.resize(had + kStep);
        const ssize_t got = pread(fd, text.data() + had, kStep, static_cast<off_t>(had));
        if (got < 0 && errno == EINTR) {
            text.resize(had);
            continue;
        }
        if (got < 0) return trouble(errno);
        text.resize(had + static_cast<std::size_t>(got));
        if (text.size() > limit)
            return Failure{FileError{FileTrouble::too_large, "is larger than " + std::to_string(limit) + " octets"}};
        if (got == 0) return text;
    }
}

} // namespace lns::conf
