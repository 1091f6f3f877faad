// SPDX-License-Identifier: ISC
// clid: the operator's door.
#include "clid/master.h"
#include "lib/worker/worker.h"

int main(int argc, char** argv) {
    return lns::worker::run(argc, argv, lns::Proc::cli, [](lns::worker::Worker& worker) {
        const lns::clid::Master master(worker);
        worker.serve();
    });
}
