// SPDX-License-Identifier: ISC
#include "l2tpnsd/sealed_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lns::parent {

UniqueFd seal_in_memory(std::string_view text) {
    UniqueFd fd(memfd_create("l2tpns-text", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd || write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return {};
    if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) return {};
    return fd;
}

} // namespace lns::parent
