// SPDX-License-Identifier: ISC
// One end of a message channel: a SOCK_SEQPACKET socketpair, which keeps message borders and ties a
// descriptor to its message. Sending never blocks and the queue is bounded; what a full queue loses
// the sender must recover by a rescan (messages are hints, DESIGN 3).
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/event.h"
#include "lib/base/fd.h"
#include "lib/imsg/imsg.h"

namespace lns::imsg {

struct ChannelStats {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t refused = 0; // sends that found the queue full
};

class Channel {
public:
    // `self` and `peer` decide which messages may pass. The descriptor is made non-blocking.
    Channel(Proc self, Proc peer, UniqueFd fd, std::uint16_t peer_instance = 0);
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel();

    // Sends or queues; false when the queue is full or the channel closed: nothing was taken but `fd`.
    template <MessageBody Body>
    bool send(const Body& body, UniqueFd fd = UniqueFd()) {
        return send_raw(kTypeOf<Body>, &body, sizeof body, std::move(fd));
    }

    // From now on messages wait for flush(), so that all of a round of the loop leave in one system call and few
    // records; `first` is called when there is something to flush. One with a descriptor does not wait, nor do those
    // before it.
    void hold(std::function<void()> first) { first_held_ = std::move(first); }
    void flush();

    // The handler of a message type. A valid message without handler counts as a violation: set all.
    template <MessageBody Body>
    void on(std::function<void(const Body&, UniqueFd)> handler) {
        handlers_[static_cast<std::size_t>(kTypeOf<Body>)] = [h = std::move(handler)](const void* raw, UniqueFd fd) {
            Body body;
            __builtin_memcpy(&body, raw, sizeof body);
            h(body, std::move(fd));
        };
    }
    template <MessageBody Body>
    void on(std::function<void(const Body&)> handler) {
        on<Body>(std::function<void(const Body&, UniqueFd)>(
            [h = std::move(handler)](const Body& body, UniqueFd) { h(body); }));
    }
    // The peer sent what it may not; the channel is closed already.
    void on_violation(std::function<void(const std::string& why)> call) { violation_ = std::move(call); }
    void on_closed(std::function<void()> call) { closed_ = std::move(call); }
    // The queue, full before, is empty again.
    void on_drained(std::function<void()> call) { drained_ = std::move(call); }

    // Run before the first and after the last message of a wake-up of the loop.
    void around_batch(std::function<void()> before, std::function<void()> after) {
        before_ = std::move(before);
        after_ = std::move(after);
    }

    // Attaches to a loop; until then receive_blocking() is the way to read (start-up).
    void attach(EventLoop& loop);
    // Waits for one message and handles it; false when the channel is closed or broken.
    bool receive_blocking();
    // Handles what has arrived, without waiting: the last words of a peer that ended.
    void receive_pending();
    // Sends all that is queued, waiting if needed; false when the peer is gone. For short dialogues of
    // processes without a loop (clid's children, lint: never in a worker's loop).
    bool flush_blocking();

    void close();
    [[nodiscard]] bool is_open() const { return fd_.valid(); }
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] std::size_t queued() const { return queue_.size() + held_.ends.size(); }
    [[nodiscard]] Proc peer() const { return peer_; }
    [[nodiscard]] std::uint16_t peer_instance() const { return peer_instance_; }
    [[nodiscard]] const ChannelStats& stats() const { return stats_; }

    static constexpr std::size_t kMaxQueued = 8192;

private:
    struct Queued {
        std::vector<std::uint8_t> bytes;
        UniqueFd fd;
    };
    struct Held { // messages one behind the other, and where each ends
        std::vector<std::uint8_t> bytes;
        std::vector<std::size_t> ends;
    };
    struct Batch;
    enum class SendState { sent, blocked, broken };

    bool send_raw(Type type, const void* body, std::size_t size, UniqueFd fd);
    SendState send_now(Bytes bytes, int fd);
    static SendState not_sent(int error);
    bool refuse();
    void enqueue(Bytes message, UniqueFd fd);
    // How many of the first ones could be sent; `state` is that of the next.
    std::size_t send_held(SendState& state);
    void flush_held();
    void flush_queue();
    void readable();
    enum class ReceiveState { handled, nothing, closed };
    ReceiveState receive_one(int flags);
    ReceiveState take(Bytes record, std::size_t fds, UniqueFd fd);
    bool receive_batch(const bool& alive);
    void violate(const char* why, std::uint32_t type);

    Proc self_;
    Proc peer_;
    std::uint16_t peer_instance_;
    UniqueFd fd_;
    std::uint32_t pid_; // ours
    std::deque<Queued> queue_;
    std::function<void()> first_held_; // set: it holds
    Held held_;
    bool was_full_ = false;
    ChannelStats stats_;
    std::array<std::function<void(const void*, UniqueFd)>, kTypes.size()> handlers_;
    std::function<void(const std::string&)> violation_;
    std::function<void()> closed_;
    std::function<void()> drained_;
    std::function<void()> before_;
    std::function<void()> after_;
    std::unique_ptr<ReadWatch> read_watch_;
    std::unique_ptr<WriteWatch> write_watch_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // a handler may destroy the channel
};

// A connected pair for two processes; both close-on-exec.
std::pair<UniqueFd, UniqueFd> channel_pair();

} // namespace lns::imsg
