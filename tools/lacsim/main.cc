// SPDX-License-Identifier: ISC
// lacsim: a LAC and its subscribers, for tests, demonstrations and benchmarks of an LNS.
#include "config.h"

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tools/lacsim/options.h"
#include "tools/lacsim/reflector.h"
#include "tools/lacsim/run_lac.h"
#include "tools/lacsim/source.h"

int main(int argc, char** argv) {
    using namespace lns::lacsim;
    const auto options = parse_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!options) {
        std::cerr << "lacsim: " << options.error().message << "\n";
        return 2;
    }
    try {
        switch (options->mode) {
        case Mode::help:
            std::cout << usage();
            return 0;
        case Mode::version:
            std::cout << "lacsim (" PACKAGE_STRING ")\n";
            return 0;
        case Mode::reflector:
            return run_reflector(*options);
        case Mode::source:
            return run_source(*options);
        case Mode::lac:
            return run_lac(*options);
        }
        return 2;
    } catch (const std::exception& e) {
        std::cerr << "lacsim: " << e.what() << "\n";
        return 2;
    }
}
