// SPDX-License-Identifier: ISC
// The dictionary file, read by radcli: names, types and value names of attributes, so that a log line can
// say what a packet holds, whichever attributes it has. What we act on is in attributes.h; the file
// must agree with it. The only code that includes radcli.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/radius/packet.h"

struct rc_conf;

namespace lns::radius {

class Dictionary {
public:
    // Reads the text of a file; complaints with their line go to the log. No file is opened unless the text has
    // an $INCLUDE.
    static Result<Dictionary> parse(std::string_view text);

    // "Access-Accept 7: Framed-IP-Address=10.1.2.3 Service-Type=Framed Class=abc": fit to be shown; passwords and
    // authenticators are left out.
    [[nodiscard]] std::string describe(const PacketView& packet) const;
    // Rows of attribute_table() that the file lacks or gives another name or type.
    [[nodiscard]] std::vector<std::string> disagreements() const;

private:
    struct Destroy {
        void operator()(rc_conf* handle) const;
    };
    void describe_attribute(Vendor vendor, const AttributeView& attribute, std::string& out) const;
    void describe_vendor_specific(Bytes value, std::string& out) const;
    std::unique_ptr<rc_conf, Destroy> handle_;
};

} // namespace lns::radius
