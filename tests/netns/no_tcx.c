// SPDX-License-Identifier: ISC
// Preloaded into l2tpnsd it makes of the kernel one that has no tcx links (before Linux 6.6).
#include <errno.h>

struct bpf_link_create_opts;
int bpf_link_create(int program, int target, int type, const struct bpf_link_create_opts* options);

int bpf_link_create(int program, int target, int type, const struct bpf_link_create_opts* options) {
    (void)program, (void)target, (void)type, (void)options;
    errno = EINVAL; // as such a kernel says
    return -EINVAL;
}
