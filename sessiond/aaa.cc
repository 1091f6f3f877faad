// SPDX-License-Identifier: ISC
#include "sessiond/aaa.h"

#include <cstring>

namespace lns::sessiond {

Aaa::Aaa(Context& context, Calls calls) : cx_(context), calls_(std::move(calls)) {
    cx_.worker.on_peer(Proc::radius, [this](imsg::Channel& channel) { connected(channel); });
}

Aaa::~Aaa() {
    while (!questions_.empty())
        forget(questions_.begin()->first);
}

void Aaa::connected(imsg::Channel& channel) {
    channel.on<imsg::AuthReply>([this](const imsg::AuthReply& b) {
        const auto found = questions_.find(SessionIndex{b.session});
        if (found == questions_.end() || found->second.generation != b.generation || found->second.request != b.request)
            return; // of a login that is over
        forget(found->first);
        calls_.reply(b);
    });
    channel.on<imsg::AcctStored>([this](const imsg::AcctStored& b) {
        const auto found = records_.find(b.sequence);
        if (found == records_.end() || found->second.session != b.session || found->second.generation != b.generation ||
            found->second.kind != b.kind)
            return;
        records_.erase(found);
        calls_.stored(b);
    });
    channel.on_drained([this] {
        imsg::Channel* peer = cx_.worker.peer(Proc::radius);
        if (peer != nullptr && std::exchange(resend_owed_, false)) send_all(*peer);
    });
    send_all(channel);
}

void Aaa::send_all(imsg::Channel& channel) {
    for (const auto& [sequence, record] : records_)
        if (!channel.send(record)) {
            resend_owed_ = true;
            return;
        }
    for (const auto& [session, question] : questions_)
        if (!channel.send(question)) {
            resend_owed_ = true;
            return;
        }
}

void Aaa::ask(const imsg::AuthRequest& request) {
    questions_[SessionIndex{request.session}] = request;
    if (!still_alive()) return;
    imsg::Channel* peer = cx_.worker.peer(Proc::radius);
    if (peer != nullptr && !peer->send(request)) resend_owed_ = true;
}

void Aaa::cancel(SessionIndex session, Generation generation) {
    if (!questions_.contains(session)) return;
    forget(session);
    if (imsg::Channel* peer = cx_.worker.peer(Proc::radius))
        peer->send(imsg::AuthCancel{raw(session), raw(generation)});
}

void Aaa::forget(SessionIndex session) {
    const auto found = questions_.find(session);
    if (found == questions_.end()) return;
    explicit_bzero(&found->second, sizeof found->second); // a password may be in it
    questions_.erase(found);
}

std::uint32_t Aaa::account(imsg::AcctRequest request) {
    request.sequence = next_sequence_++;
    records_[request.sequence] = request;
    if (!still_alive()) return request.sequence;
    imsg::Channel* peer = cx_.worker.peer(Proc::radius);
    if (peer != nullptr && !peer->send(request)) resend_owed_ = true;
    return request.sequence;
}

} // namespace lns::sessiond
