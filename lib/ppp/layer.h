// SPDX-License-Identifier: ISC
// One protocol under the automaton: LCP or an NCP. Runs the cells, takes and makes the packets that
// all of them share (RFC 1661 5, codes 1 to 7) and negotiates options by table. Private to lib/ppp.
#pragma once

#include <optional>
#include <span>

#include "lib/ppp/context.h"

namespace lns::ppp {

// RFC 1661 5; from 8 on LCP alone. 12 and 13: RFC 1570.
enum class Code : std::uint8_t {
    ConfigureRequest = 1,
    ConfigureAck = 2,
    ConfigureNak = 3,
    ConfigureReject = 4,
    TerminateRequest = 5,
    TerminateAck = 6,
    CodeReject = 7,
    ProtocolReject = 8,
    EchoRequest = 9,
    EchoReply = 10,
    DiscardRequest = 11,
    Identification = 12,
    TimeRemaining = 13,
};

// What a Configure-Request asks for, as far as its options were judged.
struct Offer {
    PeerLink link;        // LCP
    bool address = false; // IPCP: an IP-Address option was there
};

enum class Answer : std::uint8_t { ack, nak, reject };
struct Judgement {
    Answer answer = Answer::reject;
    std::uint32_t value = 0; // what we would take, for nak
};

// One option of the peer's Configure-Request. `value` is its data as a number; without one the length
// was wrong, and the answer is a nak with what we want (RFC 1661 6) or a reject.
using Judge = Judgement (*)(const Context& cx, std::optional<std::uint32_t> value, Offer& offer);

struct OptionDef {
    std::uint8_t type;
    std::string_view name;
    std::uint8_t len_min, len_max; // of the whole option, its two first octets included
    Judge judge;                   // nullptr: always Configure-Reject
};

constexpr bool well_ordered(std::span<const OptionDef> rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i > 0 && rows[i - 1].type >= rows[i].type) return false;
        if (rows[i].len_min < 2 || rows[i].len_max < rows[i].len_min) return false;
        // A judged option is a number of fixed size: that is how its nak is written.
        if (rows[i].judge != nullptr && (rows[i].len_min != rows[i].len_max || rows[i].len_max > 6)) return false;
    }
    return true;
}

std::span<const OptionDef> lcp_options();
std::span<const OptionDef> ipcp_options();

class Layer {
public:
    virtual ~Layer() = default;
    void event(Event event);
    void receive(Bytes payload);
    void tick(); // the Restart timer, if it is due

protected:
    Layer(Context& cx, Automaton& automaton, Protocol protocol) : cx_(cx), a_(automaton), protocol_(protocol) {}

    // The actions that mean something outside.
    virtual void this_layer_up() = 0;
    virtual void this_layer_down() = 0;
    virtual void this_layer_finished() = 0;
    // Our Configure-Request's options; depends on the Session alone, so that an answer can be compared.
    virtual void write_request(Writer& out) const = 0;
    virtual std::span<const OptionDef> options() const = 0;
    // Looks at the (well-formed) options before they are judged. False: the session has ended.
    virtual bool examine(Bytes /*options*/) { return true; }
    // No option was rejected; may add a nak for one that is missing.
    virtual void judge_whole(const Offer& /*offer*/, Writer& /*naks*/) {}
    virtual void acknowledged(const Offer& /*offer*/) {} // the Offer is now in force
    virtual void send_echo_reply() {}                    // ser: LCP alone
    virtual void request_repeated() {}                   // our Configure-Request was sent by the timer
    // The peer's answers to an option of ours. False: the session ends (the callee has closed it).
    virtual bool option_naked(std::uint8_t type, Bytes value) = 0;
    virtual bool option_rejected(std::uint8_t type) = 0;
    // Why the session ends when the two sides do not come to an agreement.
    virtual Reason disagreement() const = 0;
    // Codes above CodeReject. False: not known to this protocol.
    virtual bool further_code(const Packet& /*packet*/) { return false; }

    Context& cx_;
    Automaton& a_;
    const Protocol protocol_;
    const Packet* packet_ = nullptr; // in hand
    std::uint8_t only_ = 0;          // judge this option and no other; 0 = all

private:
    static constexpr std::size_t kMaxOptions = kDefaultMru - kPacketHeader;
    using OptionBuffer = std::array<std::uint8_t, kMaxOptions>;
    struct Reply { // to a Configure-Request
        Code code = Code::ConfigureAck;
        Offer offer;
        Bytes options;
    };
    // The actions of RFC 1661 4.4 that are the same for every protocol.
    void initialize_restart_count(Actions all);
    void send_configure_request();
    void send_configure_reply();
    void send_terminate_request();
    void send_terminate_ack();
    void send_code_reject();
    void start_timer();
    // Packets, RFC 1661 5.1-5.6.
    void configure_request();
    Reply judge_options(Writer rejects, Writer naks);
    Judgement judge_one(std::uint8_t type, Bytes value, Offer& offer);
    void configure_ack();
    void configure_refusal(bool reject);
    bool apply_refusal(bool reject);
    bool answers_our_request();
    bool all_ours(Bytes options) const;
    void code_reject();

    const Reply* reply_ = nullptr;
    bool repeated_ = false; // the Restart timer is the cause
};

// One option {type, length, data}.
struct Option {
    std::uint8_t type = 0;
    Bytes value;
    Bytes whole;
};
// Reads one from the front. False: not well-formed, as with a length below 2 or beyond the list.
bool next_option(Bytes& list, Option& option);

} // namespace lns::ppp
