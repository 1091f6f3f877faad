// SPDX-License-Identifier: ISC
#include "datapathd/write_ring.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

#include "lib/base/log.h"

namespace lns::datapath {

std::unique_ptr<WriteRing> WriteRing::open(int fd) {
    std::unique_ptr<WriteRing> ring(new WriteRing(fd));
    if (!ring->set_up()) return nullptr;
    return ring;
}

WriteRing::~WriteRing() {
    if (made_) io_uring_queue_exit(&ring_);
}

bool WriteRing::set_up() {
    // One thread, which looks itself: the kernel need not interrupt it. Kernels before 6.0 do not know how to profit.
    constexpr unsigned kQuiet = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN;
    made_ = io_uring_queue_init(kSize, &ring_, IORING_SETUP_R_DISABLED | kQuiet) == 0 ||
            io_uring_queue_init(kSize, &ring_, IORING_SETUP_R_DISABLED) == 0;
    if (!made_ || !restrict_to_writing() || io_uring_register(number(), IORING_REGISTER_ENABLE_RINGS, nullptr, 0) != 0)
        return false;
    write_flags_ = RWF_NOWAIT;
    if (try_write() == -EOPNOTSUPP) write_flags_ = 0;
    return true;
}

// A full queue is to be reported and never waited for. Where the device cannot be told so for a single write, the
// ring does as the descriptor says, which is non-blocking; where it can, it has to be told.
int WriteRing::try_write() {
    prepare({}, 0);
    io_uring_cqe* entry = nullptr;
    if (io_uring_submit(&ring_) != 1 || io_uring_wait_cqe(&ring_, &entry) != 0) fatalx("io_uring does not answer");
    const int result = entry->res;
    io_uring_cqe_seen(&ring_, entry);
    return result;
}

void WriteRing::prepare(iovec octets, unsigned number) {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    io_uring_prep_write(entry, fd_, octets.iov_base, static_cast<unsigned>(octets.iov_len), 0);
    entry->rw_flags = write_flags_;
    entry->user_data = number;
}

bool WriteRing::restrict_to_writing() {
    std::array<io_uring_restriction, 1> only{};
    only[0].opcode = IORING_RESTRICTION_SQE_OP;
    only[0].sqe_op = IORING_OP_WRITE;
    // By number: the library forgets to export its function for it, and the one that enables the ring.
    return io_uring_register(number(), IORING_REGISTER_RESTRICTIONS, only.data(), only.size()) == 0;
}

void WriteRing::add(const TunPacket& packet) { packets_[waiting_++] = {packet, packet.parts[0]}; }

void WriteRing::flush(TunResults& results) {
    const unsigned count = std::exchange(waiting_, 0);
    if (count == 0) return;
    if (count == 1) { // alone it is cheaper without
        const auto& [packet, octets] = packets_[0];
        return results.written(packet, ::write(fd_, octets.iov_base, octets.iov_len) >= 0);
    }
    for (unsigned i = 0; i < count; ++i)
        prepare(packets_[i].octets, i);
    for (unsigned done = 0; done < count; done += reap(results)) {
        const int result = io_uring_submit_and_wait(&ring_, count - done);
        if (result < 0 && result != -EINTR && result != -EAGAIN && result != -EBUSY)
            fatalx("io_uring: %s", strerror(-result));
    }
}

unsigned WriteRing::reap(TunResults& results) {
    unsigned reaped = 0;
    unsigned head = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&ring_, head, entry) {
        results.written(packets_[entry->user_data].packet, entry->res >= 0);
        ++reaped;
    }
    io_uring_cq_advance(&ring_, reaped);
    return reaped;
}

} // namespace lns::datapath
