// SPDX-License-Identifier: ISC
// Asks the parent for kernel routes: to addresses outside the pool and to framed routes. Requests wait
// here while the channel is full.
#pragma once

#include <deque>
#include <variant>

#include "lib/base/inet.h"
#include "lib/imsg/channel.h"

namespace lns::sessiond {

class Routes {
public:
    explicit Routes(imsg::Channel& parent);
    void add(Prefix4 prefix);
    void remove(Prefix4 prefix);
    // Around the add()s of all sessions that live, after a restart: the parent drops what is not among them.
    void begin_sync();
    void end_sync();

private:
    using Request = std::variant<imsg::RouteAdd, imsg::RouteRemove, imsg::RouteSyncBegin, imsg::RouteSyncEnd>;
    void push(const Request& request);
    void flush();
    bool send(const Request& request);

    imsg::Channel& parent_;
    std::deque<Request> waiting_;
};

} // namespace lns::sessiond
