// SPDX-License-Identifier: ISC
// Reads a configuration file whole, up to a limit.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/result.h"

namespace lns::conf {

// Far beyond any real file: half a million subscribers.
inline constexpr std::size_t kMaxFileSize = std::size_t{32} << 20;

enum class FileTrouble : unsigned char { absent, unreadable, too_large };

struct FileError {
    FileTrouble trouble;
    std::string message; // without the file's name
};

Result<std::string, FileError> read_file(const std::string& path, std::size_t limit = kMaxFileSize);
// From the start, whatever the descriptor's offset; it stays open.
Result<std::string, FileError> read_file(int fd, std::size_t limit = kMaxFileSize);

} // namespace lns::conf
