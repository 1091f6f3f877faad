// SPDX-License-Identifier: ISC
#include "l2tpnsd/process_memory.h"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "lib/base/fd.h"

namespace lns::parent {

std::optional<std::uint64_t> own_pages(std::string_view statm) {
    std::array<std::uint64_t, 3> values{}; // size, resident, shared
    for (std::uint64_t& value : values) {
        const auto [end, error] = std::from_chars(statm.data(), statm.data() + statm.size(), value);
        if (error != std::errc{} || end == statm.data() + statm.size()) return std::nullopt;
        statm.remove_prefix(static_cast<std::size_t>(end - statm.data()) + 1);
    }
    const auto [size, resident, shared] = values;
    return resident > shared ? resident - shared : 0; // read one after the other
}

std::optional<std::uint64_t> memory_of(pid_t process) {
    const UniqueFd file(open(("/proc/" + std::to_string(process) + "/statm").c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 128> text{};
    const ssize_t n = file ? read(file.get(), text.data(), text.size()) : -1;
    if (n <= 0) return std::nullopt;
    const auto pages = own_pages({text.data(), static_cast<std::size_t>(n)});
    if (!pages) return std::nullopt;
    return *pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace lns::parent
