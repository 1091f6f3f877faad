// SPDX-License-Identifier: ISC
// The tables of SECURITY.md are those of the source: `make update-golden` writes them.
#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "l2tpnsd/privileges.h"
#include "l2tpnsd/worker_table.h"
#include "lib/worker/resource_limits.h"
#include "lib/worker/system_calls.h"
#include "tests/unit/golden.h"

namespace lns::parent {
namespace {

using worker::Phase;
using worker::SystemCall;

const std::string kPath = std::string(LNS_TOP_SRCDIR) + "/SECURITY.md";

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? "none" : text;
}

std::string code(std::string_view name) { return "`" + std::string(name) + "`"; }

template <class Kind>
std::string named(const std::map<Kind, std::string>& names, Kind kind) {
    const auto found = names.find(kind);
    return found == names.end() ? "kind " + std::to_string(static_cast<unsigned>(kind)) : found->second;
}

const std::map<imsg::SocketKind, std::string> kSockets{
    {imsg::SocketKind::l2tp, "UDP 1701"},
    {imsg::SocketKind::tun, "a queue of the TUN device"},
    {imsg::SocketKind::icmp, "raw, to send ICMP errors"},
    {imsg::SocketKind::cli, "the listening socket of the CLI"},
    {imsg::SocketKind::control, "UDP 1702"},
    {imsg::SocketKind::radius, "UDP to RADIUS servers"},
    {imsg::SocketKind::snoop, "UDP, to send copies of intercepted packets"},
    {imsg::SocketKind::relay, "relays between sessiond and datapathd"},
};
const std::map<imsg::FileKind, std::string> kFiles{
    {imsg::FileKind::users, "users"},
    {imsg::FileKind::ip_pool, "ip_pool"},
    {imsg::FileKind::subscribers, "subscribers"},
    {imsg::FileKind::dictionary, "the RADIUS dictionary"},
    {imsg::FileKind::access_lists, "the access lists"},
    {imsg::FileKind::state, "the saved state, read at start and written at the end"},
};
const std::map<imsg::SecretKind, std::string> kSecrets{
    {imsg::SecretKind::l2tp, "`l2tp_secret`"},
    {imsg::SecretKind::radius, "`radius_secret`"},
    {imsg::SecretKind::control, "`control_secret`"},
};

std::string tables(const WorkerRow& row, Access access) {
    std::vector<std::string> out;
    for (const TableGrant& grant : row.tables) {
        if (grant.access != access) continue;
        const bool own = grant.which == Which::own;
        const bool others = grant.which == Which::others;
        out.push_back((own ? "its " : others ? "other " : "") + code(shm::table_def(grant.table).name));
    }
    return joined(out);
}

template <class Kinds, class Names>
std::string list(const Kinds& kinds, const Names& names) {
    std::vector<std::string> out;
    for (const auto kind : kinds)
        out.push_back(named(names, kind));
    return joined(out);
}

std::string limit(rlim_t value) { return value == RLIM_INFINITY ? "any" : std::to_string(value); }

std::string workers_table() {
    std::string text = "| | ";
    const auto line = [&](const std::string& title, auto&& cell) {
        text += "| " + title;
        for (const WorkerRow& row : worker_rows())
            text += " | " + cell(row);
        text += " |\n";
    };
    text.clear();
    line("", [](const WorkerRow& r) { return code(r.program()); });
    line("---", [](const WorkerRow&) { return std::string("---"); });
    line("user (uid without it)",
         [](const WorkerRow& r) { return code(r.user) + " (" + std::to_string(r.fallback_uid) + ")"; });
    line("root directory", [](const WorkerRow& r) {
        return std::string(r.root == Root::empty_directory ? "empty, not its own" : "its spool, its own");
    });
    line("capabilities", [](const WorkerRow&) { return std::string("none"); });
    line("sockets and devices", [](const WorkerRow& r) { return list(r.sockets, kSockets); });
    line("files", [](const WorkerRow& r) { return list(r.files, kFiles); });
    line("secrets handed over", [](const WorkerRow& r) { return list(r.secrets, kSecrets); });
    line("channels besides the parent's", [](const WorkerRow& r) {
        std::vector<std::string> out;
        for (const Proc peer : r.peers)
            out.push_back(code(proc_name(peer)));
        return joined(out);
    });
    line("tables it writes", [](const WorkerRow& r) { return tables(r, Access::write); });
    line("tables it reads", [](const WorkerRow& r) { return tables(r, Access::read); });
    const auto limits_of = [](const WorkerRow& r) {
        const auto all = worker::resource_limits();
        return *std::ranges::find(all, r.proc, &worker::ResourceLimits::who);
    };
    line("descriptors at most", [&](const WorkerRow& r) { return limit(limits_of(r).descriptors); });
    line("processes of its user at most", [&](const WorkerRow& r) { return limit(limits_of(r).processes); });
    line("private memory at most", [&](const WorkerRow& r) {
        const auto limits = limits_of(r);
        const std::string each = limits.memory_per_session == 0
                                     ? ""
                                     : " and " + std::to_string(limits.memory_per_session) + " octets a session slot";
        return std::to_string(limits.memory) + " MiB" + each;
    });
    line("octets it may write to a file", [&](const WorkerRow& r) { return limit(limits_of(r).file_size); });
    return text;
}

std::string capabilities_table() {
    const auto held = [](Held h) {
        return h == Held::start    ? "until it serves"
               : h == Held::always ? "always"
                                   : "never, but a worker until its prologue has run";
    };
    std::string text = "| capability | held | reason |\n| --- | --- | --- |\n";
    for (const Capability& c : capabilities())
        text += "| " + std::string(c.name) + " | " + held(c.held) + " | " + std::string(c.reason) + " |\n";
    return text;
}

std::string calls_table() {
    constexpr std::array kWho{Proc::session, Proc::datapath, Proc::radius, Proc::cli, Proc::cli_child};
    std::string text = "| call | only if | session | datapath | radius | cli | its child | reason |\n"
                       "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
    for (const SystemCall& row : worker::system_calls()) {
        text += "| " + code(row.name) + " | " + std::string(row.limits_text) + " |";
        for (const Proc who : kWho)
            text += worker::allows(row, who, Phase::serving)                              ? " yes |"
                    : who != Proc::cli_child && worker::allows(row, who, Phase::starting) ? " start |"
                                                                                          : " |";
        text += " " + std::string(row.reason) + " |\n";
    }
    return text;
}

std::string with_tables(std::string page) {
    const std::map<std::string, std::string> all{
        {"workers", workers_table()}, {"capabilities", capabilities_table()}, {"system calls", calls_table()}};
    for (const auto& [name, table] : all) {
        const std::string begin_mark = "<!-- " + name + ": make update-golden -->\n";
        const std::string end_mark = "<!-- end of " + name + " -->\n";
        const auto begin = page.find(begin_mark);
        const auto end = page.find(end_mark);
        EXPECT_NE(begin, std::string::npos) << begin_mark;
        EXPECT_NE(end, std::string::npos) << end_mark;
        if (begin == std::string::npos || end == std::string::npos) return page;
        page = page.substr(0, begin + begin_mark.size()) + table + page.substr(end);
    }
    return page;
}

TEST(SecurityManual, HasTheTablesOfTheSource) { golden::expect(kPath, with_tables(golden::read(kPath))); }

TEST(SecurityManual, EveryWorkerHasResourceLimits) {
    for (const WorkerRow& row : worker_rows())
        EXPECT_NE(std::ranges::find(worker::resource_limits(), row.proc, &worker::ResourceLimits::who),
                  worker::resource_limits().end())
            << row.program();
}

TEST(SystemdUnit, AllowsTheCapabilitiesOfTheParent) {
    std::istringstream unit(golden::read(std::string(LNS_TOP_SRCDIR) + "/etc/l2tpns.service.in"));
    std::set<std::string> allowed;
    for (std::string line; std::getline(unit, line);) {
        constexpr std::string_view kKey = "CapabilityBoundingSet=";
        if (!line.starts_with(kKey)) continue;
        std::istringstream words(line.substr(kKey.size()));
        for (std::string word; words >> word;)
            allowed.insert(word);
    }
    std::set<std::string> needed;
    for (const Capability& c : capabilities())
        needed.insert("CAP_" + std::string(c.name));
    EXPECT_EQ(allowed, needed);
}

} // namespace
} // namespace lns::parent
