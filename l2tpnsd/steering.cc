// SPDX-License-Identifier: ISC
#include "l2tpnsd/steering.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"

namespace lns::parent {

namespace {

// Places jumped to.
enum class Label : std::uint8_t { none, length, ids, protocol, message, control, junk, select };

struct Row {
    Label here = Label::none;
    bpf_insn insn{};
    Label target = Label::none;
};

// ---- The few instruction forms used ----

constexpr bpf_insn insn(unsigned code, unsigned dst, unsigned src, int offset, int imm) {
    bpf_insn i{};
    i.code = static_cast<__u8>(code);
    i.dst_reg = dst & 15U;
    i.src_reg = src & 15U;
    i.off = static_cast<__s16>(offset);
    i.imm = imm;
    return i;
}
constexpr bpf_insn set(unsigned dst, int imm) { return insn(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm); }
constexpr bpf_insn copy(unsigned dst, unsigned src) { return insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0); }
constexpr bpf_insn add(unsigned dst, int imm) { return insn(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, imm); }
constexpr bpf_insn mod(unsigned dst, int imm) { return insn(BPF_ALU64 | BPF_MOD | BPF_K, dst, 0, 0, imm); }
constexpr bpf_insn from_network16(unsigned dst) { return insn(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 16); }
constexpr bpf_insn load8(unsigned dst, int at) { return insn(BPF_LDX | BPF_B | BPF_MEM, dst, BPF_REG_10, at, 0); }
constexpr bpf_insn load16(unsigned dst, int at) { return insn(BPF_LDX | BPF_H | BPF_MEM, dst, BPF_REG_10, at, 0); }
constexpr bpf_insn store32(int at, unsigned src) { return insn(BPF_STX | BPF_W | BPF_MEM, BPF_REG_10, src, at, 0); }
constexpr bpf_insn if_any(unsigned dst, int bits) { return insn(BPF_JMP | BPF_JSET | BPF_K, dst, 0, 0, bits); }
constexpr bpf_insn if_is(unsigned dst, int imm) { return insn(BPF_JMP | BPF_JEQ | BPF_K, dst, 0, 0, imm); }
constexpr bpf_insn if_not(unsigned dst, int imm) { return insn(BPF_JMP | BPF_JNE | BPF_K, dst, 0, 0, imm); }
constexpr bpf_insn go() { return insn(BPF_JMP | BPF_JA, 0, 0, 0, 0); }
constexpr bpf_insn call(int helper) { return insn(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
constexpr bpf_insn leave() { return insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

constexpr unsigned r0 = BPF_REG_0, r1 = BPF_REG_1, r2 = BPF_REG_2, r3 = BPF_REG_3, r4 = BPF_REG_4, r10 = BPF_REG_10;
constexpr unsigned kContext = BPF_REG_6, kFlags = BPF_REG_7, kChosen = BPF_REG_8; // kept across calls

// On the program's stack: ten octets of the datagram, laid out as a data message without Length field
// (RFC 2661 3.1): flags, tunnel id, session id, two octets each, then PPP. Of a message with a Length
// field the window begins two octets later, so that ids and PPP lie at the same places.
constexpr int kWindow = -16, kWindowOctets = 10;
constexpr int kSessionId = kWindow + 4, kPpp = kWindow + 6;
constexpr int kControlTunnelId = kWindow + 4; // of a control message, read from its beginning: it has a Length field
constexpr int kSlot = -24;
constexpr int kPayload = 8; // behind the UDP header, where the context's data begins

constexpr int kFlagT = 0x80, kFlagL = 0x40, kFlagsSO = 0x0a;
constexpr int kAllStations = 0xff, kUnnumberedInformation = 0x03; // RFC 1662 3.1
constexpr int kIpLowOctet = 0x21;                                 // of PPP protocol 0x0021

// Filled in when the program is loaded.
constexpr int kMapGoesHere = -1, kWorkersGoHere = 1, kNewcomersGoHere = -2;

constexpr std::array kProgram{
    Row{{}, copy(kContext, r1)},
    Row{{}, set(r2, kPayload)}, // skb_load_bytes also reaches what is not in the linear part
    Row{{}, copy(r3, r10)},
    Row{{}, add(r3, kWindow)},
    Row{{}, set(r4, kWindowOctets)},
    Row{{}, call(BPF_FUNC_skb_load_bytes)},
    Row{{}, if_not(r0, 0), Label::junk}, // shorter than any message of use
    Row{{}, load8(kFlags, kWindow)},
    Row{{}, if_any(kFlags, kFlagT), Label::message},
    Row{{}, if_any(kFlags, kFlagL), Label::length},
    Row{{}, go(), Label::ids},

    Row{Label::length, copy(r1, kContext)},
    Row{{}, set(r2, kPayload + 2)},
    Row{{}, copy(r3, r10)},
    Row{{}, add(r3, kWindow)},
    Row{{}, set(r4, kWindowOctets)},
    Row{{}, call(BPF_FUNC_skb_load_bytes)},
    Row{{}, if_not(r0, 0), Label::junk},

    Row{Label::ids, load16(kChosen, kSessionId)},
    Row{{}, from_network16(kChosen)},
    Row{{}, mod(kChosen, kWorkersGoHere)},
    Row{{}, add(kChosen, 1)},
    Row{{}, if_any(kFlags, kFlagsSO), Label::select}, // PPP lies elsewhere: not looked for
    Row{{}, load8(r1, kPpp)},
    Row{{}, load8(r2, kPpp + 1)},
    Row{{}, if_not(r1, kAllStations), Label::protocol},
    Row{{}, if_not(r2, kUnnumberedInformation), Label::protocol},
    Row{{}, load8(r1, kPpp + 2)},
    Row{{}, load8(r2, kPpp + 3)},
    Row{Label::protocol, if_any(r1, 1), Label::select}, // a compressed protocol field (RFC 1661 6.5)
    Row{{}, if_not(r1, 0), Label::control},
    Row{{}, if_is(r2, kIpLowOctet), Label::select},
    Row{{}, go(), Label::control},

    Row{Label::message, load16(r1, kControlTunnelId)},
    Row{{}, if_not(r1, 0), Label::control},
    Row{{}, set(kChosen, kNewcomersGoHere)},
    Row{{}, go(), Label::select},

    Row{Label::control, set(kChosen, 0)},
    Row{{}, go(), Label::select},
    Row{Label::junk, set(kChosen, 1)},

    Row{Label::select, store32(kSlot, kChosen)},
    Row{{}, copy(r1, kContext)},
    Row{{}, insn(BPF_LD | BPF_DW | BPF_IMM, r2, BPF_PSEUDO_MAP_FD, 0, kMapGoesHere)}, // takes two places
    Row{{}, bpf_insn{}},
    Row{{}, copy(r3, r10)},
    Row{{}, add(r3, kSlot)},
    Row{{}, set(r4, 0)},
    Row{{}, call(BPF_FUNC_sk_select_reuseport)}, // an empty slot: the kernel's hash decides
    Row{{}, set(r0, SK_PASS)},
    Row{{}, leave()},
};

constexpr std::size_t place_of(Label label) {
    for (std::size_t i = 0; i < kProgram.size(); ++i)
        if (kProgram[i].here == label) return i;
    return kProgram.size();
}

constexpr bool jumps_forward_and_inside() {
    for (std::size_t i = 0; i < kProgram.size(); ++i) {
        const Label target = kProgram[i].target;
        if (target != Label::none && (place_of(target) <= i || place_of(target) == kProgram.size())) return false;
    }
    return true;
}
static_assert(jumps_forward_and_inside());

constexpr bool is_mod(const bpf_insn& i) { return i.code == (BPF_ALU64 | BPF_MOD | BPF_K); }
constexpr bool is_newcomers(const bpf_insn& i) {
    return i.code == (BPF_ALU64 | BPF_MOV | BPF_K) && i.imm == kNewcomersGoHere;
}
constexpr bool is_map(const bpf_insn& i) { return i.code == (BPF_LD | BPF_DW | BPF_IMM); }

// ---- bpf(2) ----

int bpf(bpf_cmd command, bpf_attr& attr) {
    return static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof attr)); // glibc has no wrapper
}

UniqueFd make_socket_map(std::size_t slots) {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY;
    attr.key_size = sizeof(std::uint32_t);
    attr.value_size = sizeof(std::uint64_t);
    attr.max_entries = static_cast<__u32>(slots);
    return UniqueFd(bpf(BPF_MAP_CREATE, attr));
}

bool put_socket(int map, std::uint32_t slot, int socket) {
    const auto value = static_cast<std::uint64_t>(socket);
    bpf_attr attr{};
    attr.map_fd = static_cast<__u32>(map);
    attr.key = reinterpret_cast<std::uintptr_t>(&slot);
    attr.value = reinterpret_cast<std::uintptr_t>(&value);
    attr.flags = BPF_ANY;
    return bpf(BPF_MAP_UPDATE_ELEM, attr) == 0;
}

UniqueFd load_program(bpf_prog_type type, bpf_attach_type attached_as, std::span<const bpf_insn> program) {
    static constexpr char kLicence[] = "ISC";
    bpf_attr attr{};
    attr.prog_type = type;
    attr.expected_attach_type = attached_as;
    attr.insns = reinterpret_cast<std::uintptr_t>(program.data());
    attr.insn_cnt = static_cast<__u32>(program.size());
    attr.license = reinterpret_cast<std::uintptr_t>(&kLicence[0]);
    return UniqueFd(bpf(BPF_PROG_LOAD, attr));
}

Failure<Error> system_failure(const char* what) { return failure(std::string(what) + ": " + strerror(errno)); }

} // namespace

std::vector<bpf_insn> steering_program(int map_fd, unsigned workers) {
    std::vector<bpf_insn> program;
    for (const Row& row : kProgram) {
        bpf_insn i = row.insn;
        if (row.target != Label::none)
            i.off = static_cast<__s16>(place_of(row.target) - program.size() - 1); // counted from the next one
        if (is_mod(i)) i.imm = static_cast<int>(workers);
        if (is_newcomers(i)) i.imm = static_cast<int>(workers) + 1;
        if (is_map(i)) i.imm = map_fd;
        program.push_back(i);
    }
    return program;
}

Status<> steer(std::span<const int> sockets) {
    const UniqueFd map = make_socket_map(sockets.size());
    if (!map) return system_failure("BPF_MAP_CREATE");
    for (std::size_t slot = 0; slot < sockets.size(); ++slot)
        if (!put_socket(map.get(), static_cast<std::uint32_t>(slot), sockets[slot]))
            return system_failure("BPF_MAP_UPDATE_ELEM");
    const auto program_text = steering_program(map.get(), static_cast<unsigned>(sockets.size() - 2));
    const UniqueFd program = load_program(BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT, program_text);
    if (!program) return system_failure("BPF_PROG_LOAD");
    const int fd = program.get();
    if (setsockopt(sockets[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &fd, sizeof fd) != 0)
        return system_failure("SO_ATTACH_REUSEPORT_EBPF");
    return Done{}; // the group keeps the program, and the program its map
}

Status<> steer_tun(int queue, std::optional<unsigned> to) {
    int fd = -1;
    UniqueFd program;
    if (to) {
        const std::array text{set(r0, static_cast<int>(*to)), leave()};
        program = load_program(BPF_PROG_TYPE_SOCKET_FILTER, {}, text);
        if (!program) return system_failure("BPF_PROG_LOAD");
        fd = program.get();
    }
    if (ioctl(queue, TUNSETSTEERINGEBPF, &fd) != 0) return system_failure("TUNSETSTEERINGEBPF");
    return Done{}; // the device keeps the program
}

} // namespace lns::parent
