// SPDX-License-Identifier: ISC
#include "clid/handlers.h"
#include "clid/json.h"

namespace lns::clid {

void show_cluster_json(CommandContext& context, Arguments /*arguments*/) {
    JsonDocument document(context.out);
    document.member("state", json("stand-alone"));
    document.member("address", json(context.view.config.get(0).config.iftun_address));
    document.member("peers", "[]");
}

void show_cluster(CommandContext& context, Arguments /*arguments*/) {
    const conf::Config config = context.view.config.get(0).config;
    context.out.print("Cluster status   : Stand-alone\nMy address       : " + to_string(config.iftun_address) +
                      "\n0 peers.");
}

} // namespace lns::clid
