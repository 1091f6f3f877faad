// SPDX-License-Identifier: ISC
// datapathd: forwards the packets of subscribers between L2TP and the TUN device (DESIGN 2, 5).
#include "datapathd/forwarder.h"

int main(int argc, char** argv) {
    return lns::worker::run(argc, argv, lns::Proc::datapath, [](lns::worker::Worker& worker) {
        const lns::datapath::Forwarder forwarder(worker);
        worker.serve();
    });
}
