// SPDX-License-Identifier: ISC
// nsctl: asks a running l2tpns for something. Status 0: done; 1: the server said no; 2: it was not asked,
// or did not answer.
#include "config.h"

#include <cstdio>

#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "nsctl/client.h"
#include "nsctl/options.h"

namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kNotAsked = 2;

int give_up(const std::string& why) {
    fprintf(stderr, "nsctl: %s\n", why.c_str());
    return kNotAsked;
}

} // namespace

int main(int argc, char** argv) {
    using namespace lns;
    const auto options = nsctl::parse_options(argc, argv);
    if (!options) return give_up(options.error().message + "\n" + nsctl::usage());
    if (options->version) {
        printf("nsctl %s\n", PACKAGE_VERSION);
        return kDone;
    }
    const auto key = nsctl::read_key(*options);
    if (!key) return give_up(key.error().message);
    const auto address = nsctl::resolve(options->host);
    if (!address) return give_up(address.error().message);
    control::Request request{{}, unix_seconds(), options->words};
    SystemRng().fill(request.nonce);
    const auto reply = nsctl::ask({*address, options->port}, request, *key, options->patience);
    if (!reply) return give_up(reply.error().message);
    const bool done = reply->verdict == control::Verdict::done;
    if (!reply->text.empty()) fprintf(done ? stdout : stderr, "%s\n", reply->text.c_str());
    return done ? kDone : kRefused;
}
