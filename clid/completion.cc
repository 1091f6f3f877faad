// SPDX-License-Identifier: ISC
#include "clid/completion.h"

#include <algorithm>
#include <array>

namespace lns::clid {

namespace {

constexpr std::size_t kMaxWord = 64; // libcli copies what it completes into the line without looking at its end

// As it can be typed: libcli gives blanks, quotation marks, backslashes, bars and question marks a meaning.
bool can_be_typed(std::string_view word) {
    const auto plain = [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("\"'\\|?[<").find(c) == std::string_view::npos;
    };
    return !word.empty() && word.size() <= kMaxWord && std::all_of(word.begin(), word.end(), plain);
}

std::size_t in_common(std::string_view a, std::string_view b) {
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin())
            .first -
        a.begin());
}

void sids(const SuiteView& view, Completions& completions) {
    for_each_session(view, blocks_in_use(view), [&](SessionIndex sid, const shm::SessionRecord&) {
        completions.add(std::to_string(raw(sid)));
        return true;
    });
}

void users(const SuiteView& view, Completions& completions) {
    for_each_session(view, blocks_in_use(view), [&](SessionIndex, const shm::SessionRecord& record) {
        completions.add(record.user.view());
        return true;
    });
}

void tids(const SuiteView& view, Completions& completions) {
    shm::TunnelRecord tunnel;
    for (std::uint32_t t = 1; t < view.tunnels.size(); ++t)
        if (view.tunnels.read(t, tunnel) != 0 && tunnel.state != shm::TunnelState::free)
            completions.add(std::to_string(raw(tunnel.local_id)));
}

struct Row {
    std::string_view argument;
    CompletionSource source;
};
constexpr std::array kRows{Row{"SID", sids}, Row{"TID", tids}, Row{"USER", users}};

} // namespace

void Completions::add(std::string_view word) {
    if (!word.starts_with(begun_) || !can_be_typed(word)) return;
    if (first_.empty()) first_ = word;
    const std::size_t agreed = in_common(first_, word);
    if (agreed < agreed_ && word != first_) {
        agreed_ = agreed;
        other_ = word;
    }
    if (words_.size() < kMost) words_.emplace(word);
}

std::set<std::string> Completions::take() && {
    if (!other_.empty()) words_.insert(other_);
    return std::move(words_);
}

CompletionSource completion_source(std::string_view argument) {
    for (const Row& row : kRows)
        if (row.argument == argument) return row.source;
    return nullptr;
}

} // namespace lns::clid
