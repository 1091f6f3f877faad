// SPDX-License-Identifier: ISC
// As whom a worker runs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "l2tpnsd/worker_table.h"

namespace lns::parent {

struct Account {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string user; // empty: the uid has no name
};

// Of every row of the worker table, looked up once.
class Accounts {
public:
    // The row's user, or its fixed ids where that user does not exist (logged). `one_uid` (the key
    // setuid; 0: none) takes the place of the uids only: a group of its own still tells each from the others.
    explicit Accounts(std::uint32_t one_uid);

    [[nodiscard]] const Account& of(Proc proc) const;

private:
    std::vector<std::pair<Proc, Account>> accounts_;
};

} // namespace lns::parent
