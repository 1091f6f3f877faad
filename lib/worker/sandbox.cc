// SPDX-License-Identifier: ISC
#include "lib/worker/sandbox.h"

#include <cap-ng.h>
#include <ctime>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/worker/precedence.h"
#include "lib/worker/resource_limits.h"

namespace lns::worker {

void enter_jail(const Jail& jail) {
    tzset(); // reads /etc/localtime: not possible later
    umask(077);
    if (jail.lock_pages) lock_memory();
    precede_receiving(jail.who);
    give_way(jail.who);
    if (jail.scheduler_fifo) schedule_first(jail.who);
    if (!jail.chroot_path.empty()) {
        if (chroot(jail.chroot_path.c_str()) != 0) fatal("chroot %s", jail.chroot_path.c_str());
        if (chdir("/") != 0) fatal("chdir");
    }
    if (jail.uid == 0 || jail.gid == 0) fatalx("a worker must not run as root");
    capng_clear(CAPNG_SELECT_BOUNDS);
    if (capng_apply(CAPNG_SELECT_BOUNDS) != 0) fatalx("cannot empty the bounding set"); // while still root
    if (setgroups(0, nullptr) != 0) fatal("setgroups");
    if (setresgid(jail.gid, jail.gid, jail.gid) != 0) fatal("setresgid");
    if (setresuid(jail.uid, jail.uid, jail.uid) != 0) fatal("setresuid");
    limit_resources(jail.who, jail.session_slots);
    capng_clear(CAPNG_SELECT_ALL);
    if (capng_apply(CAPNG_SELECT_CAPS) != 0) fatalx("cannot drop capabilities");
    if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) fatalx("capabilities remain");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fatal("no_new_privs");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fatal("not dumpable");
}

} // namespace lns::worker
