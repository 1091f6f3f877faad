// SPDX-License-Identifier: ISC
#include "l2tpnsd/state_desk.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <utility>

#include "lib/base/log.h"

namespace lns::parent {

namespace {

// A million sessions are a second or two of work; a stop must not hang.
constexpr std::chrono::seconds kPatience{10};
constexpr unsigned kMostOffers = 3; // a file that sessiond does not survive is not tried for ever

} // namespace

std::string state_directory(const std::string& rundir, bool is_default) {
    return is_default ? LOCALSTATEDIR "/lib/l2tpns-state" : rundir + "/state";
}

StateDesk::StateDesk(EventLoop& loop, std::string directory, Inventory& inventory)
    : file_(std::move(directory)), inventory_(inventory),
      patience_(loop, [this] { give_up("sessiond did not write it in time"); }) {}

void StateDesk::offer(bool wanted) {
    UniqueFd fd = file_.open_saved();
    if (!fd) return;
    if (!wanted) {
        log_warnx("save_state is off: what was saved is not used, and kept as %s", file_.path_aside().c_str());
        file_.set_aside();
        return;
    }
    inventory_.files.push_back({imsg::FileKind::state, std::move(fd)});
    offers_ = 1;
}

void StateDesk::tables_are_newer() {
    if (!file_.open_saved()) return;
    log_info("the tables of this boot are there: the saved state is not used, and kept as %s",
             file_.path_aside().c_str());
    file_.set_aside();
}

void StateDesk::withdraw() {
    std::erase_if(inventory_.files, [](const HeldFile& held) { return held.kind == imsg::FileKind::state; });
    offers_ = 0;
}

void StateDesk::loaded(const imsg::StateLoaded& report) {
    if (offers_ == 0) return;
    withdraw();
    if (report.refused != 0) {
        log_error("%s: %s: a fresh start, and the file is kept as %s", file_.path().c_str(), report.why.str().c_str(),
                  file_.path_aside().c_str());
        file_.set_aside();
        return;
    }
    log_warnx("saved state loaded: %u tunnels, %u sessions", report.tunnels, report.sessions);
    file_.consume();
}

void StateDesk::session_ended() {
    if (saving()) return give_up("sessiond ended");
    if (offers_ == 0 || ++offers_ <= kMostOffers) return;
    withdraw();
    log_error("%s: sessiond does not survive it: a fresh start, and the file is kept as %s", file_.path().c_str(),
              file_.path_aside().c_str());
    file_.set_aside();
}

void StateDesk::save(imsg::Channel* session, std::function<void()> done) {
    done_ = std::move(done);
    auto fd = file_.begin();
    if (!fd) return give_up(fd.error().message);
    new_file_ = std::move(*fd);
    UniqueFd theirs(fcntl(new_file_.get(), F_DUPFD_CLOEXEC, 3));
    if (!theirs) return give_up(strerror(errno));
    if (session == nullptr || !session->send(imsg::SaveState{}, std::move(theirs)))
        return give_up("sessiond does not run");
    patience_.arm(kPatience);
}

void StateDesk::saved(const imsg::StateSaved& report) {
    if (!saving()) return;
    if (report.error != 0) return give_up(strerror(static_cast<int>(report.error)));
    if (const auto done = file_.commit(new_file_); !done) return give_up(done.error().message);
    log_warnx("state saved: %u tunnels, %u sessions", report.tunnels, report.sessions);
    finish();
}

void StateDesk::give_up(const std::string& why) {
    log_error("state is not saved: %s", why.c_str());
    if (saving()) file_.discard();
    finish();
}

void StateDesk::finish() {
    patience_.cancel();
    new_file_.reset();
    if (done_) std::exchange(done_, nullptr)();
}

} // namespace lns::parent
