// SPDX-License-Identifier: ISC
#include "lib/radius/accounting_request.h"

#include <algorithm>

namespace lns::radius {

namespace {

void append_classes(RequestBuilder& out, Bytes classes) {
    Reader rest(classes);
    std::uint8_t length = 0;
    Bytes value;
    while (rest.u8(length) && rest.bytes(length, value))
        out.octets(Attr::Class, value);
}

std::uint32_t low(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

// The 64-bit counters are two attributes each (RFC 2869 5.1); packets have one of 32 bits only.
void append_use(RequestBuilder& out, const AccountingRecord& record) {
    out.integer(Attr::AcctSessionTime, record.session_time);
    out.integer(Attr::AcctInputOctets, low(record.octets_in));
    out.integer(Attr::AcctOutputOctets, low(record.octets_out));
    out.integer(Attr::AcctInputGigawords, high(record.octets_in));
    out.integer(Attr::AcctOutputGigawords, high(record.octets_out));
    out.integer(Attr::AcctInputPackets, low(record.packets_in));
    out.integer(Attr::AcctOutputPackets, low(record.packets_out));
}

// Of us alone, for Accounting-On and -Off: there is no call.
void append_nas(RequestBuilder& out, const CallIdentity& call) {
    if (call.nas_address.is_set()) out.address(Attr::NasIpAddress, call.nas_address);
    out.text(Attr::NasIdentifier, call.nas_identifier);
    out.text(Attr::AcctSessionId, acct_session_id_text(call.acct_session_id));
}

} // namespace

Bytes encode_accounting_record(const AccountingRecord& record, std::span<std::uint8_t> buffer) {
    RequestBuilder out(buffer, Code::AccountingRequest, 0);
    out.integer(Attr::AcctStatusType, static_cast<std::uint32_t>(record.status));
    out.integer(Attr::EventTimestamp, static_cast<std::uint32_t>(record.event_time));
    const bool of_us = record.status == AcctStatusType::AccountingOn || record.status == AcctStatusType::AccountingOff;
    if (of_us) {
        append_nas(out, record.call);
    } else {
        append_call(out, record.call);
        out.integer(Attr::AcctAuthentic, static_cast<std::uint32_t>(record.authentic));
        if (record.framed_address.is_set()) out.address(Attr::FramedIpAddress, record.framed_address);
        if (record.framed_netmask.is_set()) out.address(Attr::FramedIpNetmask, record.framed_netmask);
        append_classes(out, record.classes);
    }
    if (record.status == AcctStatusType::InterimUpdate || record.status == AcctStatusType::Stop)
        append_use(out, record);
    if (record.status == AcctStatusType::Stop && record.terminate_cause != 0)
        out.integer(Attr::AcctTerminateCause, record.terminate_cause);
    return out.ok() ? out.attributes() : Bytes();
}

Bytes encode_accounting_request(Bytes attributes, std::uint32_t delay, std::uint8_t id, Bytes secret,
                                std::span<std::uint8_t> buffer, Authenticator& authenticator) {
    RequestBuilder out(buffer, Code::AccountingRequest, id);
    out.encoded(attributes);
    out.integer(Attr::AcctDelayTime, delay);
    return out.finish_accounting(authenticator, secret);
}

} // namespace lns::radius
