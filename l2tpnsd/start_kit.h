// SPDX-License-Identifier: ISC
// What the parent holds for the workers, and the start dialogue that hands each its share: the other
// end of lib/worker. What goes to whom is decided by worker_table.h alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "l2tpnsd/accounts.h"
#include "l2tpnsd/worker_table.h"
#include "lib/conf/config.h"
#include "lib/imsg/channel.h"
#include "shm/segment.h"

namespace lns::parent {

struct HeldSocket {
    imsg::SocketKind kind{};
    WorkerId owner;
    std::uint32_t instance = 0; // as the worker is told
    UniqueFd fd;
};

struct HeldMap { // one element after the other, as bpf/fast_path.h says
    imsg::MapKind kind{};
    std::uint64_t bytes = 0;
    UniqueFd fd;
};

struct HeldFile {
    imsg::FileKind kind{};
    UniqueFd fd; // what it said when it was checked, or an empty one
    bool absent = false;
};

// Everything there is to hand over; outlives the workers.
struct Inventory {
    const std::vector<shm::Segment>* segments = nullptr;
    std::vector<HeldSocket> sockets;
    std::vector<HeldFile> files;
    std::vector<HeldMap> maps; // none: no fast path
    conf::Secrets secrets;
    std::string empty_directory;
    std::string spool_directory;
    std::uint16_t datapath_workers = 1;
    std::uint8_t log_level = 0;
    int writers_lock = -1;   // of the run directory
    MonoTime close_before{}; // as StartIdentity has them
    MonoTime served_until{};
    bool stopping = false;
};

// Sends everything but direct channels. False when the worker is gone (the channel is then closed or
// will be) or a descriptor could not be copied.
bool send_start_kit(imsg::Channel& channel, const WorkerId& worker, const Account& account, const Inventory& inventory);
// After a change: the secrets, and those of the files that the worker has, as they are now.
bool send_changed(imsg::Channel& channel, const WorkerId& worker, const Inventory& inventory,
                  std::span<const imsg::FileKind> files);
// Puts a file into the inventory, in the place of the one of that kind. False without memory for it.
bool hold_file(Inventory& inventory, imsg::FileKind kind, std::optional<std::string_view> text);
// Hands over one end of a direct channel to `peer`; at start and whenever the peer was restarted.
bool send_peer(imsg::Channel& channel, const WorkerId& peer, UniqueFd fd);
// Ends the dialogue: the worker gives up its privileges and serves.
bool send_start_done(imsg::Channel& channel);

} // namespace lns::parent
