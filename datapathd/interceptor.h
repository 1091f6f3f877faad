// SPDX-License-Identifier: ISC
// Copies of intercepted packets: gathered in memory of its own, so that nothing that happens to them can touch or delay
// the packets themselves, and sent when the subscribers' packets of a batch are on their way.
#pragma once

#include <span>
#include <vector>

#include "datapathd/counters.h"
#include "lib/base/bytes.h"
#include "lib/base/inet.h"

namespace lns::datapath {

struct Copy {
    Endpoint to;
    Bytes packet; // a bare IP packet
};

// Where they leave; copy_socket.h is the real one.
class CopyPort {
public:
    struct Outcome {
        std::size_t sent = 0;
        std::size_t no_room = 0; // the socket's send buffer was full
        std::size_t refused = 0; // by the kernel
    };
    virtual ~CopyPort() = default;
    // Never waits. All are accounted for in what comes back.
    virtual Outcome send(std::span<const Copy> copies) = 0;
};

class Interceptor {
public:
    Interceptor(CopyPort& port, shm::CounterWords& counters);

    // The packet is `front` and `rest` one behind the other.
    void add(Endpoint to, Bytes front, Bytes rest = {});
    void flush();

private:
    CopyPort& port_;
    shm::CounterWords& counters_;
    std::vector<std::uint8_t> buffer_;
    std::size_t used_ = 0;
    std::vector<Copy> copies_; // into the buffer
};

} // namespace lns::datapath
