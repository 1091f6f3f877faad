// SPDX-License-Identifier: ISC
#include "sessiond/state_file.h"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace lns::sessiond {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;

Failure<Error> system_failure(const char* what) { return failure(std::string(what) + ": " + strerror(errno)); }

} // namespace

Result<MappedFile> MappedFile::map(int fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) return system_failure("stat");
    if (status.st_size <= 0) return failure("it is empty");
    const auto size = static_cast<std::size_t>(status.st_size);
    void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (start == MAP_FAILED) return system_failure("mmap");
    return MappedFile(Bytes(static_cast<const std::uint8_t*>(start), size));
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

void FileSink::put(Bytes bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() >= kPiece) write_out();
}

void FileSink::write_out() {
    Bytes rest(buffer_);
    while (error_ == 0 && !rest.empty()) {
        const ssize_t n = write(fd_, rest.data(), rest.size());
        if (n > 0)
            rest = rest.subspan(static_cast<std::size_t>(n));
        else if (n == 0 || errno != EINTR)
            error_ = n == 0 ? EIO : errno;
    }
    buffer_.clear();
}

int FileSink::finish() {
    write_out();
    return error_;
}

} // namespace lns::sessiond
