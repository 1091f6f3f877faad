// SPDX-License-Identifier: ISC
#include "config.h"

#include "lib/worker/system_call_filter.h"

#include <cerrno>
#include <memory>
#include <seccomp.h>
#include <string>
#include <unistd.h>
#include <vector>

#include "lib/base/log.h"
#include "lib/worker/denied_call.h"

#ifdef LNS_SANITIZED
// Addresses are made names of by a process, which a worker may not start; the report would end there.
extern "C" const char* __asan_default_options() { return "symbolize=0"; }
#endif

namespace lns::worker {

namespace {

#ifdef LNS_SANITIZED
constexpr bool kSanitized = true;
bool confined = false;
#else
constexpr bool kSanitized = false;
#endif

constexpr std::uint32_t kBinaryTree = 2; // a value of SCMP_FLTATR_CTL_OPTIMIZE

struct Release {
    void operator()(void* filter) const { seccomp_release(filter); }
};

void must(int result, const char* what) {
    if (result == 0) return;
    errno = -result;
    fatal("system call filter: %s", what);
}

std::vector<scmp_arg_cmp> comparisons(const SystemCall& row) {
    std::vector<scmp_arg_cmp> out;
    for (const ArgumentLimit& limit : row.limits) {
        if (limit.mask == 0) continue;
        const std::uint64_t value = limit.value == kOwnPid ? static_cast<std::uint64_t>(getpid()) : limit.value;
        out.push_back({limit.argument, SCMP_CMP_MASKED_EQ, limit.mask, value});
    }
    return out;
}

void add(scmp_filter_ctx filter, const SystemCall& row) {
    const std::string name(row.name);
    const int number = seccomp_syscall_resolve_name(name.c_str());
    if (number < 0) return; // this architecture has no such call
    const auto limits = comparisons(row);
    must(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, static_cast<unsigned>(limits.size()), limits.data()),
         name.c_str());
}

} // namespace

#ifdef LNS_SANITIZED
// At its end a confined process is not searched for leaks: that would take another one that traces it.
extern "C" int __lsan_is_turned_off() { return confined ? 1 : 0; }
#endif

void confine(Proc who, Phase phase) {
    catch_denied_calls(proc_name(who));
    const std::unique_ptr<void, Release> filter(seccomp_init(SCMP_ACT_TRAP));
    if (!filter) fatalx("system call filter: no memory");
    must(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, kBinaryTree), "binary tree");
    for (const SystemCall& row : system_calls())
        if (allows(row, who, phase)) add(filter.get(), row);
    for (const SystemCall& row : sanitizer_calls())
        if (kSanitized && allows(row, who, phase)) add(filter.get(), row);
    must(seccomp_load(filter.get()), "load");
#ifdef LNS_SANITIZED
    confined = true;
#endif
}

} // namespace lns::worker
