// SPDX-License-Identifier: ISC
// A state file as a descriptor that the parent handed over: this process can open none.
#pragma once

#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace lns::sessiond {

// Read without a copy: with a million sessions it has hundreds of megabytes.
class MappedFile {
public:
    static Result<MappedFile> map(int fd);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&&) = delete;
    ~MappedFile();
    [[nodiscard]] Bytes bytes() const { return bytes_; }

private:
    explicit MappedFile(Bytes bytes) : bytes_(bytes) {}
    Bytes bytes_;
};

// Gathers small pieces into few writes.
class FileSink {
public:
    explicit FileSink(int fd) : fd_(fd) {}
    void put(Bytes bytes);
    // 0, or the errno of the first write that failed.
    [[nodiscard]] int finish();

private:
    void write_out();
    int fd_;
    int error_ = 0;
    std::vector<std::uint8_t> buffer_;
};

} // namespace lns::sessiond
