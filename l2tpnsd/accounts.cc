// SPDX-License-Identifier: ISC
#include "l2tpnsd/accounts.h"

#include <pwd.h>
#include <string>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

std::string name_of(uid_t uid) {
    const passwd* entry = getpwuid(uid);
    return entry != nullptr ? entry->pw_name : "";
}

Account look_up(const WorkerRow& row) {
    const std::string user(row.user);
    if (const passwd* entry = getpwnam(user.c_str()); entry != nullptr && entry->pw_uid != 0 && entry->pw_gid != 0)
        return {entry->pw_uid, entry->pw_gid, user};
    log_info("no user %s: %s runs with uid %u", user.c_str(), row.program().data(), row.fallback_uid);
    return {row.fallback_uid, row.fallback_uid, name_of(row.fallback_uid)};
}

} // namespace

Accounts::Accounts(std::uint32_t one_uid) {
    for (const WorkerRow& row : worker_rows()) {
        Account account = look_up(row);
        if (one_uid != 0) {
            account.uid = one_uid;
            account.user = name_of(one_uid);
        }
        accounts_.emplace_back(row.proc, account);
    }
}

const Account& Accounts::of(Proc proc) const {
    for (const auto& [which, account] : accounts_)
        if (which == proc) return account;
    fatalx("%s is no worker", proc_name(proc).data());
}

} // namespace lns::parent
