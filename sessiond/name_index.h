// SPDX-License-Identifier: ISC
// Which records have a name, by a hash of it: chains through the numbers of the records, 16 octets each. The names
// themselves stay in the records, which the caller compares. Private to the process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <vector>

namespace lns::sessiond {

class NameIndex {
public:
    using Number = std::uint32_t; // of a record

    // From now on the record has that name, whatever it had before.
    void add(std::string_view name, Number number) {
        remove(number);
        if (number >= links_.size()) links_.resize(std::size_t{number} + 1);
        if (size_ >= heads_.size()) grow();
        links_[number].hash = hash_of(name);
        link(number);
        ++size_;
    }
    void remove(Number number) {
        if (number >= links_.size() || !links_[number].linked) return;
        Link& link = links_[number];
        (link.before == kNone ? heads_[bucket_of(link.hash)] : links_[link.before].after) = link.after;
        if (link.after != kNone) links_[link.after].before = link.before;
        link = {};
        --size_;
    }
    // Calls for each record that may have the name, the one added last first, until `visit` returns false.
    template <class Visit>
    void find(std::string_view name, const Visit& visit) const {
        if (heads_.empty()) return;
        const std::uint32_t hash = hash_of(name);
        for (Number number = heads_[bucket_of(hash)]; number != kNone; number = links_[number].after)
            if (links_[number].hash == hash && !visit(number)) return;
    }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    static constexpr Number kNone = UINT32_MAX;
    struct Link {
        Number before = kNone;
        Number after = kNone;
        std::uint32_t hash = 0;
        bool linked = false;
    };
    static std::uint32_t hash_of(std::string_view name) {
        return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
    }
    [[nodiscard]] std::size_t bucket_of(std::uint32_t hash) const { return hash & (heads_.size() - 1); }
    void link(Number number) {
        Link& link = links_[number];
        Number& head = heads_[bucket_of(link.hash)];
        link.linked = true;
        link.before = kNone;
        link.after = head;
        if (head != kNone) links_[head].before = number;
        head = number;
    }
    void grow() {
        std::vector<Number> old(heads_.empty() ? 64 : heads_.size() * 2, kNone);
        old.swap(heads_);
        for (Number number : old) { // from the end of each chain, so that its order stays
            while (number != kNone && links_[number].after != kNone)
                number = links_[number].after;
            while (number != kNone) {
                const Number before = links_[number].before;
                link(number);
                number = before;
            }
        }
    }

    std::vector<Number> heads_; // a power of two
    std::deque<Link> links_;    // by number
    std::size_t size_ = 0;
};

} // namespace lns::sessiond
