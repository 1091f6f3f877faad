// SPDX-License-Identifier: ISC
// Log-ins: from sessiond's AuthRequest to its AuthReply, by the subscribers file, by RADIUS, or by the
// one and then the other (auth_method).
#pragma once

#include <deque>
#include <unordered_map>

#include "lib/conf/subscribers.h"
#include "lib/imsg/bodies.h"
#include "lib/radius/access_reply.h"
#include "radiusd-client/context.h"
#include "radiusd-client/window.h"

namespace lns::radius_client {

class Logins final : public ContextOwner {
public:
    using Answer = std::function<void(const imsg::AuthReply&)>;
    Logins(Context& context, Answer answer);

    // After context.settings changed.
    void configure(MonoTime now);
    void set_subscribers(conf::Subscribers subscribers) { subscribers_ = std::move(subscribers); }

    // An earlier request of the same session is forgotten.
    void request(const imsg::AuthRequest& request, MonoTime now);
    void cancel(std::uint32_t session, std::uint32_t generation, MonoTime now);
    // sessiond was started anew: nobody waits for these answers.
    void forget_all();

    Requests& requests() { return requests_; }
    void tick(MonoTime now);
    [[nodiscard]] MonoTime next_deadline() const;
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

    // RequestOwner
    Bytes encode(std::uint64_t key, std::uint8_t id, radius::Authenticator& authenticator,
                 std::span<std::uint8_t> buffer) override;
    void sent(const RequestView& request, bool again, MonoTime now) override;
    void answered(std::uint64_t key, const radius::PacketView& reply, Endpoint server, MonoTime now) override;
    void gave_up(std::uint64_t key, MonoTime now) override;

private:
    struct Login {
        explicit Login(const imsg::AuthRequest& r) : request(r) {}
        Login(const Login&) = delete;
        Login& operator=(const Login&) = delete;
        ~Login(); // wipes the password
        imsg::AuthRequest request;
        std::optional<Slot> slot; // none: it waits for its turn
        RequestBoard::Place place = RequestBoard::kNowhere;
        MonoTime deadline{};
        MonoTime sent{}; // when it was sent only once
    };
    using Key = std::uint32_t; // the session: it has one log-in at a time

    void ask_radius(const imsg::AuthRequest& request, MonoTime now);
    void refuse(const imsg::AuthRequest& request, const char* why, MonoTime now);
    bool start(Key key, Login& login, MonoTime now);
    void start_waiting(MonoTime now);
    void forget(Key key);
    void answer(const imsg::AuthReply& reply);
    void report(const std::vector<radius::Remark>& remarks, const Login& login, Endpoint server, MonoTime now);

    Answer answer_;
    Requests requests_;
    Window window_;
    conf::Subscribers subscribers_;
    std::unordered_map<Key, Login> logins_;
    std::deque<Key> waiting_; // oldest first; some may be gone
};

} // namespace lns::radius_client
