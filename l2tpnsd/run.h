// SPDX-License-Identifier: ISC
// l2tpnsd from its command line to its exit status.
#pragma once

namespace lns::parent {

int run(int argc, char** argv);

} // namespace lns::parent
