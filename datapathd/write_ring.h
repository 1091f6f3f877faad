// SPDX-License-Identifier: ISC
// Packets in one part, written to the TUN device many by one system call (io_uring): what a packet of its own flow
// costs is for a good part the way into the kernel and back. The ring can do nothing but write, as write() can,
// which the kernel sees to (restrictions of the ring, Linux 5.10). It keeps no descriptor of its own: what a ring
// holds the kernel lets go of only some time after the process has ended, and the device would outlive it.
#pragma once

#include <array>
#include <liburing.h>
#include <memory>

#include "datapathd/tun_port.h"

namespace lns::datapath {

class WriteRing {
public:
    // For a non-blocking descriptor, before the sandbox is complete. nullptr where the kernel has no such ring or the
    // administrator forbids it (kernel.io_uring_disabled).
    static std::unique_ptr<WriteRing> open(int fd);
    ~WriteRing();
    WriteRing(const WriteRing&) = delete;
    WriteRing& operator=(const WriteRing&) = delete;

    [[nodiscard]] bool full() const { return waiting_ == kSize; }
    void add(const TunPacket& packet); // of one part; not when full
    void flush(TunResults& results);   // writes all and tells what became of each

private:
    static constexpr unsigned kSize = 64;
    struct Waiting {
        TunPacket packet;
        iovec octets;
    };
    explicit WriteRing(int fd) : fd_(fd) {}
    [[nodiscard]] bool set_up();
    [[nodiscard]] bool restrict_to_writing();
    [[nodiscard]] unsigned number() const { return static_cast<unsigned>(ring_.ring_fd); }
    int try_write(); // of nothing
    void prepare(iovec octets, unsigned number);
    unsigned reap(TunResults& results);

    int fd_;
    io_uring ring_{};
    bool made_ = false;
    int write_flags_ = 0;
    unsigned waiting_ = 0;
    std::array<Waiting, kSize> packets_{};
};

} // namespace lns::datapath
