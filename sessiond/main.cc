// SPDX-License-Identifier: ISC
// sessiond: the control plane of l2tpns, started by l2tpnsd(8).
#include "sessiond/sessiond.h"

int main(int argc, char** argv) {
    return lns::worker::run(argc, argv, lns::Proc::session, [](lns::worker::Worker& worker) {
        const lns::sessiond::Sessiond sessiond(worker);
        worker.serve();
    });
}
