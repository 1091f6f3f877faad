// SPDX-License-Identifier: ISC
#include "lib/worker/denied_call.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <seccomp.h>
#include <span>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/base/log.h"

namespace lns::worker {

namespace {

constexpr std::size_t kCalls = 512;
constexpr std::size_t kNameSize = 32;
constexpr std::size_t kArguments = 3;

// All that the handler touches is filled beforehand: it may allocate nothing.
struct Prepared {
    std::array<std::array<char, kNameSize>, kCalls> names{};
    std::array<char, kNameSize> process{};
};
Prepared prepared; // a signal handler is given nothing

void copy(std::string_view text, std::array<char, kNameSize>& to) {
    const std::size_t n = std::min(text.size(), to.size() - 1);
    std::copy_n(text.begin(), n, to.begin());
    to[n] = '\0';
}

void learn_names() {
    for (std::size_t number = 0; number < kCalls; ++number) {
        char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number));
        if (name != nullptr) copy(name, prepared.names[number]);
        free(name);
    }
}

class Line {
public:
    Line& operator<<(std::string_view text) {
        const std::size_t n = std::min(text.size(), room_.size() - used_);
        std::copy_n(text.begin(), n, room_.begin() + static_cast<std::ptrdiff_t>(used_));
        used_ += n;
        return *this;
    }
    Line& operator<<(unsigned long number) {
        std::array<char, 20> digits{};
        std::size_t at = digits.size();
        do {
            digits[--at] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return *this << std::string_view(&digits[at], digits.size() - at);
    }
    void print() const { [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, room_.data(), used_); }

private:
    std::array<char, 160> room_{};
    std::size_t used_ = 0;
};

#ifdef __x86_64__
std::array<unsigned long, kArguments> arguments_of(const void* context) {
    const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
    return {static_cast<unsigned long>(registers[REG_RDI]), static_cast<unsigned long>(registers[REG_RSI]),
            static_cast<unsigned long>(registers[REG_RDX])};
}
#endif

// What tells one fcntl from another. An address stays out of the log.
void add_arguments([[maybe_unused]] Line& line, [[maybe_unused]] const void* context) {
#ifdef __x86_64__
    line << "(";
    for (const unsigned long argument : arguments_of(context)) {
        const bool small = argument <= UINT32_MAX;
        line << (small ? "" : "...");
        if (small) line << argument;
        line << ", ";
    }
    line << "...)";
#endif
}

void denied(int /*signal*/, siginfo_t* info, void* context) {
    const auto number = static_cast<unsigned>(info->si_syscall);
    Line line;
    line << prepared.process.data() << ": denied system call ";
    if (number < kCalls && prepared.names[number][0] != '\0')
        line << prepared.names[number].data();
    else
        line << static_cast<unsigned long>(number);
    add_arguments(line, context);
    line << "\n";
    line.print();
    // The next denied call finds SIGSYS blocked: the kernel then ends the process with that signal. No row allows
    // this one.
    syscall(SYS_ptrace, 0, 0, 0, 0);
    _exit(EXIT_FAILURE);
}

} // namespace

void catch_denied_calls(std::string_view process) {
    if (prepared.process[0] != '\0') return; // a child has its parent's handler
    copy(process, prepared.process);
    learn_names();
    struct sigaction action {};
    action.sa_sigaction = denied;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSYS, &action, nullptr) != 0) fatal("handler of SIGSYS");
}

} // namespace lns::worker
