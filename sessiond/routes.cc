// SPDX-License-Identifier: ISC
#include "sessiond/routes.h"

namespace lns::sessiond {

Routes::Routes(imsg::Channel& parent) : parent_(parent) {
    parent_.on_drained([this] { flush(); });
}

void Routes::add(Prefix4 prefix) { push(imsg::RouteAdd{prefix.address, prefix.length, {}}); }
void Routes::remove(Prefix4 prefix) { push(imsg::RouteRemove{prefix.address, prefix.length, {}}); }
void Routes::begin_sync() { push(imsg::RouteSyncBegin{}); }
void Routes::end_sync() { push(imsg::RouteSyncEnd{}); }

void Routes::push(const Request& request) {
    waiting_.push_back(request);
    flush();
}

void Routes::flush() {
    while (!waiting_.empty() && send(waiting_.front()))
        waiting_.pop_front();
}

bool Routes::send(const Request& request) {
    // Without a parent there is nobody to ask; the next one is told everything.
    if (!parent_.is_open()) return true;
    return std::visit([this](const auto& body) { return parent_.send(body); }, request);
}

} // namespace lns::sessiond
