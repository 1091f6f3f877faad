// SPDX-License-Identifier: ISC
#include "lib/ppp/layer.h"

#include <algorithm>

#include "lib/ppp/phases.h"

namespace lns::ppp {
namespace {

std::optional<std::uint32_t> number(Bytes value) {
    std::uint32_t n = 0;
    for (const std::uint8_t octet : value)
        n = n << 8 | octet;
    return n;
}

bool well_formed(Bytes options) {
    Option option;
    while (!options.empty())
        if (!next_option(options, option)) return false;
    return true;
}

void write_nak(Writer& out, const OptionDef& def, std::uint32_t value) {
    if (out.room() < def.len_max) return; // what does not fit is judged again in the next round
    out.u8(def.type);
    out.u8(def.len_max);
    for (int shift = 8 * (def.len_max - 3); shift >= 0; shift -= 8)
        out.u8(static_cast<std::uint8_t>(value >> shift));
}

} // namespace

bool next_option(Bytes& list, Option& option) {
    Reader r(list);
    std::uint8_t length = 0;
    if (!r.u8(option.type) || !r.u8(length) || length < 2 || !r.bytes(length - 2U, option.value)) return false;
    option.whole = list.first(length);
    list = r.rest();
    return true;
}

void Layer::event(Event event) {
    using namespace action;
    const Cell c = cell(event, a_.state);
    if (!c.possible()) return;
    a_.state = c.state();                                                // first: an action may bring the next event
    if (event == Event::Up) a_.naks_sent = a_.refusals = a_.dropped = 0; // a new negotiation
    const Actions todo = c.actions;
    if ((todo & tld) != 0) this_layer_down();
    if ((todo & irc) != 0) initialize_restart_count(todo);
    if ((todo & zrc) != 0) {
        a_.restart_counter = 0;
        start_timer(); // RFC 1661 4.4: pauses for one period, for the peer to see our Terminate-Ack
    }
    if ((todo & scr) != 0) send_configure_request();
    if ((todo & (sca | scn)) != 0) send_configure_reply();
    if ((todo & str) != 0) send_terminate_request();
    if ((todo & sta) != 0) send_terminate_ack();
    if ((todo & scj) != 0) send_code_reject();
    if ((todo & ser) != 0) send_echo_reply();
    if ((todo & tlu) != 0) {
        a_.refusals = 0;
        this_layer_up();
    }
    if ((todo & tlf) != 0) this_layer_finished();
    if (!timer_runs_in(a_.state)) a_.deadline = {};
}

void Layer::tick() {
    if (a_.deadline == MonoTime{} || cx_.now < a_.deadline) return;
    repeated_ = true;
    event(a_.restart_counter > 0 ? Event::TOPlus : Event::TOMinus);
    repeated_ = false;
}

void Layer::start_timer() { a_.deadline = cx_.now + cx_.cfg.restart; }

void Layer::initialize_restart_count(Actions all) {
    a_.restart_counter = (all & action::str) != 0 ? cx_.cfg.max_terminate : cx_.cfg.max_configure;
}

void Layer::send_configure_request() {
    // RFC 1661 5.1: a new Identifier when the options change or the last request was answered.
    if (!repeated_ || !a_.answer_awaited) ++a_.request_id;
    a_.answer_awaited = true;
    if (a_.restart_counter > 0) --a_.restart_counter;
    PacketWriter packet(cx_, protocol_, static_cast<std::uint8_t>(Code::ConfigureRequest), a_.request_id);
    write_request(packet.data());
    packet.send();
    start_timer();
    if (repeated_) request_repeated();
}

void Layer::send_configure_reply() {
    if (reply_->code == Code::ConfigureAck) {
        a_.naks_sent = 0;
        acknowledged(reply_->offer);
    } else if (a_.naks_sent == 0 || packet_->id != a_.naked_id) {
        ++a_.naks_sent; // a request repeated since our answer was lost is no new failure
        a_.naked_id = packet_->id;
    }
    PacketWriter packet(cx_, protocol_, static_cast<std::uint8_t>(reply_->code), packet_->id);
    packet.data().bytes(reply_->options);
    packet.send();
}

void Layer::send_terminate_request() {
    if (a_.restart_counter > 0) --a_.restart_counter;
    PacketWriter packet(cx_, protocol_, static_cast<std::uint8_t>(Code::TerminateRequest), ++a_.packet_id);
    packet.data().text(name(cx_.s.reason));
    packet.send();
    start_timer();
}

void Layer::send_terminate_ack() {
    // Elicited by a request it bears that one's Identifier; in Closed any will do.
    PacketWriter(cx_, protocol_, static_cast<std::uint8_t>(Code::TerminateAck), packet_->id).send();
}

void Layer::send_code_reject() {
    cx_.count(Counter::unknown_code);
    if (!may_reject(cx_)) return;
    PacketWriter packet(cx_, protocol_, static_cast<std::uint8_t>(Code::CodeReject), ++a_.packet_id);
    packet.truncated(packet_->whole);
    packet.send();
}

void Layer::receive(Bytes payload) {
    Packet packet;
    if (!parse_packet(cx_, payload, packet)) return;
    if (a_.state <= State::Starting) return cx_.count(Counter::out_of_phase);
    packet_ = &packet;
    switch (static_cast<Code>(packet.code)) {
    case Code::ConfigureRequest:
        configure_request();
        break;
    case Code::ConfigureAck:
        configure_ack();
        break;
    case Code::ConfigureNak:
        configure_refusal(false);
        break;
    case Code::ConfigureReject:
        configure_refusal(true);
        break;
    case Code::TerminateRequest:
        event(Event::RTR);
        break;
    case Code::TerminateAck:
        event(Event::RTA);
        break;
    case Code::CodeReject:
        code_reject();
        break;
    default:
        if (!further_code(packet)) event(Event::RUC);
    }
    packet_ = nullptr;
}

void Layer::configure_request() {
    if (!well_formed(packet_->data)) return cx_.count(Counter::bad_options);
    if (!examine(packet_->data)) return;
    OptionBuffer rejects;
    OptionBuffer naks;
    const std::size_t limit = packet_limit(cx_.s) - kPacketHeader;
    const Reply reply = judge_options(Writer(std::span(rejects).first(limit)), Writer(std::span(naks).first(limit)));
    // Max-Failure turned our Naks into Rejects already; a peer that does not heed those either will never agree.
    if (reply.code != Code::ConfigureAck && a_.naks_sent >= 2 * cx_.cfg.max_failure)
        return close_link(cx_, disagreement());
    reply_ = &reply;
    event(reply.code == Code::ConfigureAck ? Event::RCRPlus : Event::RCRMinus);
    reply_ = nullptr;
}

// RFC 1661 5.4: a Reject names all options that are not taken, and only if there is none a Nak those
// whose value is not.
Layer::Reply Layer::judge_options(Writer rejects, Writer naks) {
    Reply reply;
    Option option;
    for (Bytes rest = packet_->data; !rest.empty() && next_option(rest, option);) {
        if (only_ != 0 && option.type != only_) continue;
        const auto rows = options();
        const auto def =
            std::find_if(rows.begin(), rows.end(), [&](const OptionDef& d) { return d.type == option.type; });
        Judgement judgement;
        if (def != rows.end() && def->judge != nullptr) {
            const std::size_t length = option.whole.size();
            const bool fits = length >= def->len_min && length <= def->len_max;
            judgement = def->judge(cx_, fits ? number(option.value) : std::nullopt, reply.offer);
        }
        if (judgement.answer == Answer::nak && a_.naks_sent >= cx_.cfg.max_failure) judgement.answer = Answer::reject;
        if (judgement.answer == Answer::nak) write_nak(naks, *def, judgement.value);
        if (judgement.answer == Answer::reject) rejects.bytes(option.whole);
    }
    if (rejects.size() > 0) {
        reply.code = Code::ConfigureReject;
        reply.options = rejects.written();
        return reply;
    }
    if (a_.naks_sent < cx_.cfg.max_failure) judge_whole(reply.offer, naks);
    reply.code = naks.size() > 0 ? Code::ConfigureNak : Code::ConfigureAck;
    reply.options = naks.size() > 0 ? naks.written() : packet_->data;
    return reply;
}

bool Layer::answers_our_request() {
    if (a_.answer_awaited && packet_->id == a_.request_id) return true;
    cx_.count(Counter::wrong_identifier);
    return false;
}

void Layer::configure_ack() {
    if (!answers_our_request()) return;
    OptionBuffer buffer;
    Writer ours(buffer);
    write_request(ours);
    // RFC 1661 5.2: the options must match exactly.
    if (!std::ranges::equal(ours.written(), packet_->data)) return cx_.count(Counter::wrong_answer);
    a_.answer_awaited = false;
    event(Event::RCA);
}

void Layer::configure_refusal(bool reject) {
    if (!well_formed(packet_->data)) return cx_.count(Counter::bad_options);
    if (!answers_our_request()) return;
    // RFC 1661 5.4: a Reject repeats options as we sent them; a Nak may name any.
    if (reject && !all_ours(packet_->data)) return cx_.count(Counter::wrong_answer);
    a_.answer_awaited = false;
    if (++a_.refusals > 2 * cx_.cfg.max_failure) return close_link(cx_, disagreement());
    if (apply_refusal(reject)) event(Event::RCN);
}

bool Layer::all_ours(Bytes refused) const {
    OptionBuffer buffer;
    Writer ours(buffer);
    write_request(ours);
    Option theirs;
    while (!refused.empty() && next_option(refused, theirs)) {
        bool found = false;
        Option own;
        for (Bytes rest = ours.written(); !rest.empty() && next_option(rest, own);)
            found = found || std::ranges::equal(own.whole, theirs.whole);
        if (!found) return false;
    }
    return true;
}

bool Layer::apply_refusal(bool reject) {
    Option option;
    for (Bytes rest = packet_->data; !rest.empty() && next_option(rest, option);) {
        const bool goes_on = reject ? option_rejected(option.type) : option_naked(option.type, option.value);
        if (!goes_on) return false;
    }
    return true;
}

void Layer::code_reject() {
    Reader r(packet_->data);
    std::uint8_t code = 0;
    if (!r.u8(code)) return cx_.count(Counter::bad_length);
    cx_.count(Counter::code_reject);
    if (code == 0 || code > static_cast<std::uint8_t>(Code::CodeReject)) return event(Event::RXJPlus);
    note_reason(cx_.s, Reason::protocol_error); // without these seven nothing works
    event(Event::RXJMinus);
}

} // namespace lns::ppp
