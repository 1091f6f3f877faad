// SPDX-License-Identifier: ISC
#include "lib/radius/dictionary.h"

#include <cstdarg>
#include <cstdio>
#include <radcli/radcli.h>

#include "lib/base/escape.h"
#include "lib/base/log.h"

namespace lns::radius {

namespace {

constexpr std::size_t kMostShown = 64; // octets of a value

// How radcli numbers an attribute of a vendor.
int radcli_number(Vendor vendor, std::uint8_t type) {
    return static_cast<int>(static_cast<std::uint32_t>(vendor) << 16 | type);
}

bool secret(Vendor vendor, std::uint8_t type) {
    const auto attr = static_cast<Attr>(type);
    return vendor == Vendor::none && (attr == Attr::UserPassword || attr == Attr::ChapPassword ||
                                      attr == Attr::ChapChallenge || attr == Attr::MessageAuthenticator);
}

rc_attr_type radcli_type(Kind kind) {
    switch (kind) {
    case Kind::integer:
        return PW_TYPE_INTEGER;
    case Kind::address:
        return PW_TYPE_IPADDR;
    case Kind::date:
        return PW_TYPE_DATE;
    case Kind::text:
    case Kind::octets:
        break;
    }
    return PW_TYPE_STRING;
}

} // namespace

void Dictionary::Destroy::operator()(rc_conf* handle) const { rc_destroy(handle); }

Result<Dictionary> Dictionary::parse(std::string_view text) {
    Dictionary out;
    out.handle_.reset(rc_new());
    if (!out.handle_) return failure("radcli: no memory");
    if (rc_read_dictionary_from_buffer(out.handle_.get(), text.data(), text.size()) != 0)
        return failure("the RADIUS dictionary cannot be read");
    return out;
}

std::string Dictionary::describe(const PacketView& packet) const {
    std::string out(code_name(packet.code()));
    out += " " + std::to_string(packet.id()) + ":";
    Reader rest(packet.attributes());
    AttributeView attribute;
    while (next_attribute(rest, attribute)) {
        if (attribute.type == static_cast<std::uint8_t>(Attr::VendorSpecific))
            describe_vendor_specific(attribute.value, out);
        else
            describe_attribute(Vendor::none, attribute, out);
    }
    return out;
}

void Dictionary::describe_vendor_specific(Bytes value, std::string& out) const {
    Reader rest(value);
    std::uint32_t vendor = 0;
    AttributeView inner;
    if (!rest.u32(vendor)) return;
    // A vendor the file does not know may pack its attributes in another way.
    const bool known = vendor <= INT32_MAX && rc_dict_getvend(handle_.get(), static_cast<int>(vendor)) != nullptr;
    while (known && next_attribute(rest, inner))
        describe_attribute(Vendor{vendor}, inner, out);
    if (!rest.done()) out += " Vendor-" + std::to_string(vendor) + "=(" + std::to_string(rest.size()) + " octets)";
}

void Dictionary::describe_attribute(Vendor vendor, const AttributeView& attribute, std::string& out) const {
    const DICT_ATTR* def = rc_dict_getattr(handle_.get(), radcli_number(vendor, attribute.type));
    const std::string prefix = vendor == Vendor::none ? "" : std::to_string(static_cast<std::uint32_t>(vendor)) + "-";
    out += " " + (def != nullptr ? std::string(def->name) : "Attr-" + prefix + std::to_string(attribute.type)) + "=";
    Reader value(attribute.value);
    std::uint32_t number = 0;
    const bool numeric = def != nullptr && def->type != PW_TYPE_STRING && attribute.value.size() == 4;
    if (secret(vendor, attribute.type)) {
        out += "*";
    } else if (numeric && value.u32(number)) {
        const DICT_VALUE* name = rc_dict_getval(handle_.get(), number, def->name);
        out += name != nullptr               ? std::string(name->name)
               : def->type == PW_TYPE_IPADDR ? to_string(Ipv4{number})
                                             : std::to_string(number);
    } else {
        out += escape(as_text(attribute.value.first(std::min(attribute.value.size(), kMostShown))));
        if (attribute.value.size() > kMostShown) out += "...";
    }
}

std::vector<std::string> Dictionary::disagreements() const {
    std::vector<std::string> out;
    for (const AttributeDef& row : attribute_table()) {
        const DICT_ATTR* def = rc_dict_getattr(handle_.get(), radcli_number(row.vendor, row.type));
        if (def == nullptr)
            out.push_back(std::string(row.name) + " is missing");
        else if (def->name != row.name)
            out.push_back(std::string(row.name) + " is called " + def->name);
        else if (def->type != radcli_type(row.kind))
            out.push_back(std::string(row.name) + " has another type");
    }
    return out;
}

} // namespace lns::radius

// radcli complains by syslog(3), which would open a socket: in a sandbox that ends the process. These come
// before the C library's, and stand here because whoever links this file links radcli.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
extern "C" {

void vsyslog(int priority, const char* format, va_list args) __attribute__((format(printf, 2, 0)));
void syslog(int priority, const char* format, ...) __attribute__((format(printf, 2, 3)));
void __syslog_chk(int priority, int flag, const char* format, ...) __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char* format, va_list args) __attribute__((format(printf, 3, 0)));

void vsyslog(int /*priority*/, const char* format, va_list args) {
    std::array<char, 512> text{};
    vsnprintf(text.data(), text.size(), format, args);
    lns::log_warnx("%s", lns::escape(text.data()).c_str());
}

void syslog(int priority, const char* format, ...) {
    va_list args;
    va_start(args, format);
    vsyslog(priority, format, args);
    va_end(args);
}

void __syslog_chk(int priority, int /*flag*/, const char* format, ...) {
    va_list args;
    va_start(args, format);
    vsyslog(priority, format, args);
    va_end(args);
}

void __vsyslog_chk(int priority, int /*flag*/, const char* format, va_list args) { vsyslog(priority, format, args); }
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
