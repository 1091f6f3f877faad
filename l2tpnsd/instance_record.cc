// SPDX-License-Identifier: ISC
#include "l2tpnsd/instance_record.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/conf/read_file.h"
#include "shm/segment.h"

namespace lns::parent {

namespace {

constexpr int kStartTimeField = 22; // of /proc/PID/stat, proc(5)

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find(' '), line.size());
        if (end > 0) words.push_back(line.substr(0, end));
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return words;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
    const char* end = text.data() + text.size();
    const auto done = std::from_chars(text.data(), end, number);
    return done.ec == std::errc() && done.ptr == end;
}

// "worker sessiond 0 4711 123456"
std::optional<RecordedWorker> parse_worker(const std::vector<std::string_view>& words) {
    if (words.size() != 5) return std::nullopt;
    RecordedWorker worker;
    const auto rows = worker_rows();
    const auto row = std::ranges::find(rows, words[1], &WorkerRow::program);
    if (row == rows.end()) return std::nullopt;
    worker.id.proc = row->proc;
    const bool sound = parse_number(words[2], worker.id.instance) && parse_number(words[3], worker.pid) &&
                       parse_number(words[4], worker.started) && worker.pid > 1;
    return sound ? std::optional(worker) : std::nullopt;
}

Failure<Error> system_failure(const std::string& what) { return failure(what + ": " + strerror(errno)); }

} // namespace

std::string print_record(const InstanceRecord& record) {
    std::string text = "boot " + record.boot + "\nnetwork " + record.network + "\ntun " + record.tun + "\n";
    for (const RecordedWorker& worker : record.workers)
        text += "worker " + std::string(proc_name(worker.id.proc)) + " " + std::to_string(worker.id.instance) + " " +
                std::to_string(worker.pid) + " " + std::to_string(worker.started) + "\n";
    return text;
}

InstanceRecord parse_record(std::string_view text) {
    InstanceRecord record;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const auto words = words_of(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (words.size() == 2 && words[0] == "boot") record.boot = words[1];
        if (words.size() == 2 && words[0] == "network") record.network = words[1];
        if (words.size() == 2 && words[0] == "tun") record.tun = words[1];
        if (words.empty() || words[0] != "worker") continue;
        if (const auto worker = parse_worker(words)) record.workers.push_back(*worker);
    }
    return record;
}

InstanceRecord read_record(const std::string& path) {
    const auto text = conf::read_file(path);
    if (!text) return {};
    InstanceRecord record = parse_record(*text);
    if (record.boot != shm::boot_id()) return {};
    if (record.network != network_namespace()) record.tun.clear();
    return record;
}

Status<> write_record(const std::string& path, const InstanceRecord& record) {
    const std::string text = print_record(record);
    const std::string fresh = path + ".new";
    const UniqueFd fd(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd || write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        rename(fresh.c_str(), path.c_str()) != 0)
        return system_failure(path);
    return Done{};
}

std::string network_namespace() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/ns/net", ignored).string();
}

std::uint64_t start_time_of(pid_t pid) {
    const auto text = conf::read_file("/proc/" + std::to_string(pid) + "/stat");
    if (!text) return 0;
    const std::size_t name_end = text->rfind(')'); // the name may hold anything
    if (name_end == std::string::npos) return 0;
    const auto words = words_of(std::string_view(*text).substr(name_end + 1));
    std::uint64_t started = 0;
    const std::size_t at = kStartTimeField - 3; // the first word behind the name is field 3
    return words.size() > at && parse_number(words[at], started) ? started : 0;
}

} // namespace lns::parent
