// SPDX-License-Identifier: ISC
#include "config.h"

#include "l2tpnsd/run.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "l2tpnsd/background.h"
#include "l2tpnsd/exit_status.h"
#include "l2tpnsd/parent.h"
#include "l2tpnsd/privileges.h"
#include "l2tpnsd/purge.h"
#include "lib/base/log.h"
#include "lib/imsg/suite_layout.h"

namespace lns::parent {

namespace {

// The one clear line on standard error.
int give_up(int status, const std::string& why) {
    fprintf(stderr, "l2tpnsd: %s\n", why.c_str());
    return status;
}

void print_complaints(const Configuration& configuration) {
    for (const std::string& complaint : configuration.complaints)
        fprintf(stderr, "%s\n", complaint.c_str());
}

int check_only(const Options& options) {
    const Configuration configuration = read_configuration(options.confdir);
    print_complaints(configuration);
    return configuration.has_errors ? kExitConfiguration : kExitAsked;
}

unsigned usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

Machine this_machine(Netlink& netlink) {
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    const std::string_view whole(name.data());
    return {std::string(whole.substr(0, whole.find('.'))), primary_address(netlink), usable_cores()};
}

void start_logging(LogWriter& log, const conf::Config& config) {
    log_set_threshold(static_cast<LogLevel>(config.debug));
    log_set_sink([&log](LogLevel level, std::string_view line) { log.write(level, line); });
}

struct StartFailure {
    int status;
    std::string why;
};

// Everything up to a parent that serves. The log writer outlives it.
Result<std::unique_ptr<Parent>, StartFailure> start(const Options& options, Configuration configuration,
                                                    Handover handover, LogWriter& log) {
    const auto failed = [](int status, const Error& error) { return Failure{StartFailure{status, error.message}}; };
    auto netlink = Netlink::open();
    if (!netlink) return failed(kExitSystem, netlink.error());
    Machine machine = this_machine(*netlink);
    const auto config = resolve(configuration, machine, options.verbose);
    if (!config) return failed(kExitConfiguration, config.error());
    auto rundir = RunDirectory::open(options.rundir);
    if (!rundir) return failed(kExitSystem, rundir.error());
    if (const auto opened = log.open(log_target(config->log_file.view(), options.daemonize)); !opened)
        return failed(kExitSystem, opened.error());
    start_logging(log, *config);
    for (const std::string& complaint : configuration.complaints)
        log_warnx("%s", complaint.c_str());
    auto resources =
        open_resources(options, configuration, *config, std::move(*rundir), std::move(*netlink), std::move(handover));
    if (!resources) return failed(kExitSystem, resources.error());
    auto parent = std::make_unique<Parent>(options, std::move(configuration), *config, std::move(machine),
                                           std::move(*resources), log);
    if (const auto done = parent->write_pid_files(); !done) return failed(kExitSystem, done.error());
    raise_worker_limits(*config);
    if (const auto done = keep_running_privileges(); !done) return failed(kExitSystem, done.error());
    return parent;
}

// Nobody waits for the parent: it does not interrupt workers, on a processor that it shares with them, for each line
// of their logs. What it starts inherits that, and decides for itself.
void give_way() {
    const sched_param none{};
    if (sched_setscheduler(0, SCHED_BATCH, &none) != 0) log_warn("SCHED_BATCH");
}

int serve(const Options& options, Handover handover, Background& background) {
    precede_other_sessions();
    give_way();
    if (const auto kept = keep_start_privileges(); !kept) return give_up(kExitSystem, kept.error().message);
    Configuration configuration = read_configuration(options.confdir);
    if (configuration.has_errors) {
        print_complaints(configuration);
        return kExitConfiguration;
    }
    LogWriter log;
    auto parent = start(options, std::move(configuration), std::move(handover), log);
    if (!parent) {
        log_set_sink({});
        return give_up(parent.error().status, parent.error().why);
    }
    (*parent)->start();
    background.serving();
    (*parent)->serve();
    log_set_sink({});
    return kExitAsked;
}

int serve(const Options& options) {
    Handover handover = Handover::take();
    // Of a parent that executed itself the caller went long ago.
    Background background = options.daemonize && !handover.any() ? Background::enter() : Background();
    const int status = serve(options, std::move(handover), background);
    if (status != kExitAsked) background.failed(status);
    return status;
}

} // namespace

int run(int argc, char** argv) {
    log_init("l2tpnsd", LogLevel::warning);
    umask(022);
    signal(SIGPIPE, SIG_IGN);
    if (const auto none = forbid_core_files(); !none) return give_up(kExitSystem, none.error().message);
    const auto options = parse_options(argc, argv);
    if (!options) return give_up(kExitConfiguration, options.error().message + "\n" + usage());
    if (options->version) {
        printf("l2tpnsd %s\n", PACKAGE_VERSION);
        return kExitAsked;
    }
    if (options->layout) {
        puts(print_layout(own_layout()).c_str());
        return kExitAsked;
    }
    if (options->check_only) return check_only(*options);
    if (options->purge) {
        const auto purged = purge(options->rundir);
        return purged ? kExitAsked : give_up(kExitSystem, purged.error().message);
    }
    return serve(*options);
}

} // namespace lns::parent
