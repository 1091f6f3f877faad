// SPDX-License-Identifier: ISC
#include "l2tpnsd/start_kit.h"

#include <algorithm>
#include <fcntl.h>

#include "l2tpnsd/sealed_memory.h"
#include "lib/base/log.h"

namespace lns::parent {

namespace {

using shm::TableId;

UniqueFd copy_of(const UniqueFd& fd) { return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)); }

bool is_own(const shm::Segment& segment, const WorkerId& worker) {
    if (segment.id == TableId::process_counters)
        return segment.instance == shm::counters_instance(static_cast<unsigned>(worker.proc), worker.instance);
    const bool fast_path = worker.instance == 0 && segment.instance == shm::kFastPathCounters;
    return segment.instance == worker.instance || fast_path;
}

bool grants(const TableGrant& grant, const shm::Segment& segment, const WorkerId& worker) {
    if (segment.id != grant.table) return false;
    switch (grant.which) {
    case Which::only:
    case Which::all:
        return true;
    case Which::own:
        return is_own(segment, worker);
    case Which::others:
        return !is_own(segment, worker);
    }
    return false;
}

// All take from one bucket of a session; the rest is the first one's.
bool is_for(const WorkerId& worker, imsg::MapKind map) {
    return worker.instance == 0 || map == imsg::MapKind::throttle;
}

class KitSender {
public:
    KitSender(imsg::Channel& channel, const WorkerId& worker, const Inventory& inventory)
        : channel_(channel), worker_(worker), row_(*find_row(worker.proc)), inventory_(inventory) {}

    bool identity(const Account& account) {
        imsg::StartIdentity body{};
        body.proc = worker_.proc;
        body.log_level = inventory_.log_level;
        body.instance = worker_.instance;
        body.instances = row_.count == Count::one ? std::uint16_t{1} : inventory_.datapath_workers;
        body.uid = account.uid;
        body.gid = account.gid;
        body.close_before = inventory_.close_before;
        body.served_until = inventory_.served_until;
        body.stopping = inventory_.stopping ? 1 : 0;
        const bool spool = row_.root == Root::spool_directory;
        const bool fits = body.chroot_path.assign(spool ? inventory_.spool_directory : inventory_.empty_directory);
        return fits && channel_.send(body);
    }
    bool lock() {
        if (!row_.is_writer() || inventory_.writers_lock < 0) return true;
        return send_with(imsg::StartLock{}, UniqueFd(fcntl(inventory_.writers_lock, F_DUPFD_CLOEXEC, 3)));
    }
    bool tables() {
        for (const TableGrant& grant : row_.tables)
            for (const shm::Segment& segment : *inventory_.segments)
                if (grants(grant, segment, worker_) && !table(grant, segment)) return false;
        return true;
    }
    bool sockets() {
        for (const imsg::SocketKind kind : row_.sockets)
            for (const HeldSocket& socket : inventory_.sockets)
                if (socket.kind == kind && socket.owner == worker_ &&
                    !send_with(imsg::StartSocket{kind, socket.instance}, copy_of(socket.fd)))
                    return false;
        return true;
    }
    bool files() { return files(row_.files); }
    // Those of `which` that this worker is to have.
    bool files(std::span<const imsg::FileKind> which) {
        for (const HeldFile& held : inventory_.files)
            if (std::ranges::find(row_.files, held.kind) != row_.files.end() &&
                std::ranges::find(which, held.kind) != which.end() &&
                !send_with(imsg::StartFile{held.kind, held.absent}, copy_of(held.fd)))
                return false;
        return true;
    }
    bool maps() {
        for (const imsg::MapKind kind : row_.maps)
            for (const HeldMap& map : inventory_.maps)
                if (map.kind == kind && is_for(worker_, kind) &&
                    !send_with(imsg::StartMap{kind, 0, map.bytes}, copy_of(map.fd)))
                    return false;
        return true;
    }
    bool secrets() {
        for (const imsg::SecretKind kind : row_.secrets)
            if (!channel_.send(imsg::StartSecret{kind, secret(kind).reveal()})) return false;
        return true;
    }

private:
    bool table(const TableGrant& grant, const shm::Segment& segment) {
        const bool writable = grant.access == Access::write;
        const imsg::StartTable body{static_cast<std::uint16_t>(segment.id), segment.instance, writable};
        return send_with(body, copy_of(writable ? segment.writable : segment.read_only));
    }
    [[nodiscard]] const Secret& secret(imsg::SecretKind kind) const {
        switch (kind) {
        case imsg::SecretKind::l2tp:
            return inventory_.secrets.l2tp_secret;
        case imsg::SecretKind::radius:
            return inventory_.secrets.radius_secret;
        case imsg::SecretKind::control:
            return inventory_.secrets.control_secret;
        }
        fatalx("a secret of kind %u", static_cast<unsigned>(kind));
    }
    template <class Body>
    bool send_with(const Body& body, UniqueFd fd) {
        if (!fd) {
            log_warn("a descriptor for %s", row_.program().data());
            return false;
        }
        return channel_.send(body, std::move(fd));
    }

    imsg::Channel& channel_;
    WorkerId worker_;
    const WorkerRow& row_;
    const Inventory& inventory_;
};

} // namespace

bool send_start_kit(imsg::Channel& channel, const WorkerId& worker, const Account& account,
                    const Inventory& inventory) {
    KitSender kit(channel, worker, inventory);
    return kit.identity(account) && kit.lock() && kit.tables() && kit.maps() && kit.sockets() && kit.files() &&
           kit.secrets();
}

bool send_changed(imsg::Channel& channel, const WorkerId& worker, const Inventory& inventory,
                  std::span<const imsg::FileKind> files) {
    KitSender kit(channel, worker, inventory);
    return kit.files(files) && kit.secrets();
}

bool hold_file(Inventory& inventory, imsg::FileKind kind, std::optional<std::string_view> text) {
    HeldFile held{kind, seal_in_memory(text.value_or("")), !text};
    if (!held.fd) return false;
    std::erase_if(inventory.files, [=](const HeldFile& known) { return known.kind == kind; });
    inventory.files.push_back(std::move(held));
    return true;
}

bool send_peer(imsg::Channel& channel, const WorkerId& peer, UniqueFd fd) {
    return channel.send(imsg::StartChannel{peer.proc, 0, peer.instance}, std::move(fd));
}

bool send_start_done(imsg::Channel& channel) { return channel.send(imsg::StartDone{}); }

} // namespace lns::parent
