// SPDX-License-Identifier: ISC
#include <cstdio>
#include <exception>

#include "l2tpnsd/exit_status.h"
#include "l2tpnsd/run.h"

int main(int argc, char** argv) {
    try {
        return lns::parent::run(argc, argv);
    } catch (const std::exception& e) {
        fprintf(stderr, "l2tpnsd: %s\n", e.what());
        return lns::parent::kExitSystem;
    }
}
