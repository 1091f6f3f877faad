// SPDX-License-Identifier: ISC
// radiusd-client: authentication and accounting. Started by l2tpnsd only.
#include "radiusd-client/service.h"

int main(int argc, char** argv) {
    return lns::worker::run(argc, argv, lns::Proc::radius, [](lns::worker::Worker& worker) {
        lns::radius_client::Service service(worker, "/spool.db");
        worker.serve();
        service.leave();
    });
}
