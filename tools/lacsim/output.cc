// SPDX-License-Identifier: ISC
#include "tools/lacsim/output.h"

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sys/stat.h>
#include <system_error>

namespace lns::lacsim {

void write_file(const std::string& path, const std::string& text) {
    struct stat status {};
    // Not a device or FIFO: those are written to, not replaced.
    const bool replace = stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
    const std::string written = replace ? path + ".new" : path;
    std::ofstream out(written, std::ios::trunc);
    out << text;
    out.close();
    if (!out || (replace && std::rename(written.c_str(), path.c_str()) != 0))
        throw std::system_error(errno, std::generic_category(), path);
}

void write_report(const Options& options, const Json& json) {
    if (!options.json.empty()) return write_file(options.json, json.str());
    std::cout << json.str() << std::flush;
}

} // namespace lns::lacsim
