// SPDX-License-Identifier: ISC
#include "lib/imsg/channel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/log.h"

namespace lns::imsg {

namespace {

// Room for bursts; the kernel's default holds 278 small messages.
constexpr int kSocketBuffer = 1 << 20;
// So that a busy peer cannot keep the loop from its other work.
constexpr std::size_t kMessagesPerWake = 256;
constexpr std::size_t kReceiveBatch = 16; // as many as one system call brings
constexpr std::size_t kSendBatch = 64;
constexpr std::size_t kMostRecord = 8192;         // messages that leave together share records of this size
constexpr std::size_t kLongest = kMostRecord + 1; // one octet more: a longer record shows
static_assert(sizeof(Header) + kMaxBody <= kMostRecord);

union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> room;
};

// Takes every descriptor the kernel delivered, so that none leaks whatever the sender did.
std::size_t collect_fds(msghdr& message, UniqueFd& first) {
    std::size_t count = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < n; ++i) {
            int fd = -1;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            UniqueFd owned(fd);
            if (count++ == 0) first = std::move(owned);
        }
    }
    return (message.msg_flags & MSG_CTRUNC) != 0 ? SIZE_MAX : count;
}

} // namespace

Channel::Channel(Proc self, Proc peer, UniqueFd fd, std::uint16_t peer_instance)
    : self_(self), peer_(peer), peer_instance_(peer_instance), fd_(std::move(fd)),
      pid_(static_cast<std::uint32_t>(getpid())) {
    fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

Channel::~Channel() { *alive_ = false; }

bool Channel::send_raw(Type type, const void* body, std::size_t size, UniqueFd fd) {
    if (!may_send(type, self_, peer_))
        fatalx("message %s may not go from %s to %s", type_def(type).name.data(), proc_name(self_).data(),
               proc_name(peer_).data());
    if (!fd_.valid()) return false;
    const std::size_t sent = without_end(Bytes(static_cast<const std::uint8_t*>(body), size));
    const Header header{static_cast<std::uint32_t>(type), static_cast<std::uint32_t>(sizeof(Header) + sent), 0, pid_};
    std::array<std::uint8_t, sizeof(Header) + kMaxBody> bytes; // NOLINT: written before it is read
    memcpy(bytes.data(), &header, sizeof header);
    memcpy(bytes.data() + sizeof header, body, sent);
    const Bytes message = Bytes(bytes).first(sizeof header + sent);
    if (first_held_ && !fd.valid()) {
        if (queued() >= kMaxQueued) return refuse();
        if (held_.ends.empty()) first_held_();
        held_.bytes.insert(held_.bytes.end(), message.begin(), message.end());
        held_.ends.push_back(held_.bytes.size());
        return true;
    }
    flush_held();
    if (queue_.empty()) {
        const SendState state = send_now(message, fd.get());
        if (state == SendState::sent) return true;
        if (state == SendState::broken) return false; // the read side will report the close
    }
    if (queue_.size() >= kMaxQueued) return refuse();
    enqueue(message, std::move(fd));
    return true;
}

bool Channel::refuse() {
    was_full_ = true;
    ++stats_.refused;
    return false;
}

void Channel::enqueue(Bytes message, UniqueFd fd) {
    queue_.push_back({std::vector<std::uint8_t>(message.begin(), message.end()), std::move(fd)});
    if (write_watch_) write_watch_->enable();
}

Channel::SendState Channel::not_sent(int error) {
    const bool full = error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ETOOMANYREFS;
    return full ? SendState::blocked : SendState::broken;
}

Channel::SendState Channel::send_now(Bytes bytes, int fd) {
    iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Control control{};
    if (fd >= 0) {
        message.msg_control = control.room.data();
        message.msg_controllen = control.room.size();
        cmsghdr* c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    for (;;) {
        if (sendmsg(fd_.get(), &message, MSG_NOSIGNAL) >= 0) {
            ++stats_.sent;
            return SendState::sent;
        }
        if (errno == EINTR) continue;
        return not_sent(errno);
    }
}

std::size_t Channel::send_held(SendState& state) {
    std::array<mmsghdr, kSendBatch> records;   // NOLINT: written before they are read
    std::array<iovec, kSendBatch> parts;       // NOLINT
    std::array<std::size_t, kSendBatch> nexts; // NOLINT: the first message behind each
    const std::size_t count = held_.ends.size();
    std::size_t done = 0;
    state = SendState::sent;
    while (done < count && state == SendState::sent) {
        std::size_t batch = 0;
        for (std::size_t next = done; next < count && batch < kSendBatch; ++batch) {
            const std::size_t begin = next == 0 ? 0 : held_.ends[next - 1];
            do
                ++next;
            while (next < count && held_.ends[next] - begin <= kMostRecord);
            parts[batch] = {held_.bytes.data() + begin, held_.ends[next - 1] - begin};
            records[batch] = {};
            records[batch].msg_hdr.msg_iov = &parts[batch];
            records[batch].msg_hdr.msg_iovlen = 1;
            nexts[batch] = next;
        }
        const int n = sendmmsg(fd_.get(), records.data(), static_cast<unsigned>(batch), MSG_NOSIGNAL);
        if (n > 0)
            done = nexts[static_cast<std::size_t>(n) - 1];
        else if (errno != EINTR)
            state = not_sent(errno);
    }
    stats_.sent += done;
    return done;
}

void Channel::flush_held() {
    if (held_.ends.empty()) return;
    SendState state = SendState::blocked;
    std::size_t next = queue_.empty() ? send_held(state) : 0;
    for (; state == SendState::blocked && next < held_.ends.size(); ++next) {
        const std::size_t begin = next == 0 ? 0 : held_.ends[next - 1];
        enqueue(Bytes(held_.bytes).subspan(begin, held_.ends[next] - begin), UniqueFd());
    }
    held_.bytes.clear();
    held_.ends.clear();
}

void Channel::flush() {
    if (!fd_.valid()) return;
    flush_held();
    if (was_full_ || !queue_.empty()) flush_queue();
}

void Channel::flush_queue() {
    while (!queue_.empty()) {
        const SendState state = send_now(queue_.front().bytes, queue_.front().fd.get());
        if (state == SendState::blocked) return;
        if (state == SendState::broken) {
            queue_.clear(); // the read side reports the close
            break;
        }
        queue_.pop_front();
    }
    if (write_watch_) write_watch_->disable();
    if (std::exchange(was_full_, false) && drained_) drained_();
}

bool Channel::flush_blocking() {
    flush_held();
    while (fd_.valid() && !queue_.empty()) {
        pollfd p{fd_.get(), POLLOUT, 0};
        if (poll(&p, 1, -1) < 0 && errno != EINTR) return false;
        if ((p.revents & (POLLERR | POLLHUP)) != 0) return false;
        flush_queue();
    }
    return fd_.valid();
}

Channel::ReceiveState Channel::receive_one(int flags) {
    std::array<std::uint8_t, kLongest> bytes; // NOLINT: written before they are read
    iovec part{bytes.data(), bytes.size()};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.room.data();
    message.msg_controllen = control.room.size();
    const ssize_t n = recvmsg(fd_.get(), &message, MSG_CMSG_CLOEXEC | flags);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return ReceiveState::nothing;
    UniqueFd fd;
    const std::size_t fds = n < 0 ? 0 : collect_fds(message, fd);
    return take(Bytes(bytes).first(n < 0 ? 0 : static_cast<std::size_t>(n)), fds, std::move(fd));
}

// The messages of a record, which is empty at the end of the channel, with what came along.
Channel::ReceiveState Channel::take(Bytes record, std::size_t fds, UniqueFd fd) {
    if (record.empty()) {
        close();
        if (closed_) closed_();
        return ReceiveState::closed;
    }
    const std::shared_ptr<bool> alive = alive_;
    for (; !record.empty(); fds = 0) {
        const char* why = record.size() > kMostRecord ? "wrong size" : check_message(record, fds, peer_, self_);
        Header header{};
        memcpy(&header, record.data(), std::min(record.size(), sizeof header));
        if (why == nullptr && !handlers_[header.type]) why = "not expected here";
        if (why != nullptr) {
            violate(why, header.type);
            return ReceiveState::closed;
        }
        ++stats_.received;
        std::array<std::uint8_t, kMaxBody> body; // NOLINT: written as far as it is read
        const std::size_t sent = header.length - sizeof header;
        memcpy(body.data(), record.data() + sizeof header, sent);
        memset(body.data() + sent, 0, kTypes[header.type].size - sent);
        record = record.subspan(header.length);
        handlers_[header.type](body.data(), std::move(fd));
        if (!*alive || !fd_.valid()) break;
    }
    return ReceiveState::handled;
}

// Those of one system call. The descriptors that came along are owned before a handler may end the rest.
struct Channel::Batch {
    std::array<std::array<std::uint8_t, kLongest>, kReceiveBatch> bytes;
    std::array<mmsghdr, kReceiveBatch> messages;
    std::array<iovec, kReceiveBatch> parts;
    std::array<Control, kReceiveBatch> controls;
    std::array<UniqueFd, kReceiveBatch> fds;
    std::array<std::size_t, kReceiveBatch> fd_counts;

    int receive(int fd) {
        for (std::size_t i = 0; i < kReceiveBatch; ++i) {
            parts[i] = {bytes[i].data(), kLongest};
            messages[i] = {};
            msghdr& m = messages[i].msg_hdr;
            m.msg_iov = &parts[i];
            m.msg_iovlen = 1;
            m.msg_control = controls[i].room.data();
            m.msg_controllen = controls[i].room.size();
        }
        const int n = recvmmsg(fd, messages.data(), kReceiveBatch, MSG_CMSG_CLOEXEC | MSG_DONTWAIT, nullptr);
        for (std::size_t i = 0; n > 0 && i < static_cast<std::size_t>(n); ++i)
            fd_counts[i] = collect_fds(messages[i].msg_hdr, fds[i]);
        return n;
    }
};

void Channel::readable() {
    const std::shared_ptr<bool> alive = alive_;
    const std::function<void()> after = after_; // a handler may destroy the channel
    if (before_) before_();
    for (std::size_t handled = 0; handled < kMessagesPerWake && receive_batch(*alive);)
        handled += kReceiveBatch;
    if (after) after();
}

// Whether there may be more.
bool Channel::receive_batch(const bool& alive) {
    Batch batch; // NOLINT: written before it is read
    const int n = batch.receive(fd_.get());
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) take({}, 0, UniqueFd());
    for (std::size_t i = 0; n > 0 && i < static_cast<std::size_t>(n); ++i) {
        const ReceiveState state =
            take(Bytes(batch.bytes[i]).first(batch.messages[i].msg_len), batch.fd_counts[i], std::move(batch.fds[i]));
        if (state != ReceiveState::handled || !alive || !fd_.valid()) return false;
    }
    return n == static_cast<int>(kReceiveBatch);
}

void Channel::receive_pending() {
    const std::shared_ptr<bool> alive = alive_;
    for (std::size_t i = 0; i < kMaxQueued && *alive && fd_.valid(); ++i)
        if (receive_one(MSG_DONTWAIT) != ReceiveState::handled) return;
}

void Channel::violate(const char* why, std::uint32_t type) {
    const std::string name = type < kTypes.size() ? std::string(kTypes[type].name) : std::to_string(type);
    const std::string text = "message " + name + ": " + why;
    log_warnx("channel from %s closed: %s", proc_name(peer_).data(), text.c_str());
    close();
    if (violation_) violation_(text);
}

void Channel::attach(EventLoop& loop) {
    write_watch_ = std::make_unique<WriteWatch>(loop, fd_.get(), [this] { flush_queue(); });
    read_watch_ = std::make_unique<ReadWatch>(loop, fd_.get(), [this] { readable(); });
    if (!queue_.empty()) write_watch_->enable();
}

bool Channel::receive_blocking() {
    const std::shared_ptr<bool> alive = alive_;
    while (fd_.valid()) {
        pollfd p{fd_.get(), POLLIN, 0};
        if (poll(&p, 1, -1) < 0 && errno != EINTR) return false;
        const ReceiveState state = receive_one(MSG_DONTWAIT);
        if (!*alive || state == ReceiveState::closed) return false;
        if (state == ReceiveState::handled) return true;
    }
    return false;
}

void Channel::close() {
    read_watch_.reset();
    write_watch_.reset();
    queue_.clear();
    held_ = {};
    fd_.reset();
}

std::pair<UniqueFd, UniqueFd> channel_pair() {
    std::array<int, 2> fds{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) fatal("socketpair");
    for (const int fd : fds) {
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBuffer, sizeof kSocketBuffer);
    }
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

} // namespace lns::imsg
