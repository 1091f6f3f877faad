// SPDX-License-Identifier: ISC
#include "nsctl/client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/fd.h"

namespace lns::nsctl {

namespace {

using namespace std::chrono_literals;

constexpr Clock::duration kRepeatAfter = 1s;

// Waits for a datagram until then; false when none came.
bool readable_by(int socket, MonoTime when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
    pollfd p{socket, POLLIN, 0};
    return poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) == 1;
}

class Exchange {
public:
    Exchange(int socket, const control::Request& request, const Secret& secret)
        : socket_(socket), nonce_(request.nonce), secret_(secret) {}

    // The answer, if one comes before then.
    std::optional<control::Reply> wait(MonoTime until) {
        while (readable_by(socket_, until))
            if (auto reply = receive()) return reply;
        return std::nullopt;
    }
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    std::optional<control::Reply> receive() {
        std::array<std::uint8_t, control::kMaxReply> buffer;
        const ssize_t n = recv(socket_, buffer.data(), buffer.size(), 0);
        if (n < 0) {
            trouble_ = strerror(errno);
            return std::nullopt;
        }
        auto reply = control::decode_reply(Bytes(buffer).first(static_cast<std::size_t>(n)), secret_);
        if (!reply || reply->nonce != nonce_) return std::nullopt;
        return std::move(*reply);
    }

    int socket_;
    control::Nonce nonce_;
    const Secret& secret_;
    std::string trouble_;
};

} // namespace

Result<Ipv4> resolve(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
        return failure(host + ": " + gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, &freeaddrinfo);
    sockaddr_in address{};
    memcpy(&address, list->ai_addr, sizeof address);
    return from_sockaddr(address).address;
}

Result<control::Reply> ask(Endpoint server, const control::Request& request, const Secret& secret,
                           std::chrono::milliseconds patience) {
    const auto datagram = control::encode(request, secret);
    if (!datagram) return failure("the command is too long");
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = to_sockaddr(server);
    if (!socket || connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failure(to_string(server) + ": " + strerror(errno));
    Exchange exchange(socket.get(), request, secret);
    std::string trouble;
    const MonoTime end = Clock::now() + patience;
    for (MonoTime now = Clock::now(); now < end; now = Clock::now()) {
        if (send(socket.get(), datagram->data(), datagram->size(), MSG_NOSIGNAL) < 0) trouble = strerror(errno);
        if (auto reply = exchange.wait(std::min(end, now + kRepeatAfter))) return std::move(*reply);
    }
    if (!exchange.trouble().empty()) trouble = exchange.trouble();
    return failure("no answer from " + to_string(server) +
                   (trouble.empty() ? ": not reachable, or it has another secret" : ": " + trouble));
}

} // namespace lns::nsctl
