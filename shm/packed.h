// SPDX-License-Identifier: ISC
// How a record lies in a table of two_slot.h: as it is, or packed. Of a packed record the texts, which are its last
// members, take the room that they need: what is in the record's own cell suffices for nearly all, and what does not
// fit lies in cells behind the table, which take no memory as long as nobody needs them, since segments are sparse.
//
// A record is packed if it says so: kTexts has its texts in order, kNearText how many octets of its cell they have.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

#include "lib/base/text.h"

namespace lns::shm {

template <class Record>
concept Packed = requires {
    Record::kTexts;
};

template <class Type>
inline constexpr bool kIsText = false;
template <std::size_t N>
inline constexpr bool kIsText<FixedText<N>> = true;

// Of a list of members: the sum of what `of` says of the type of each.
template <class Of, class... Texts, class Record>
constexpr std::size_t sum_of_texts(const Of& of, const std::tuple<Texts Record::*...>& /*texts*/) {
    return (std::size_t{0} + ... + of(std::type_identity<Texts>{}));
}

// As it is.
template <class Record>
struct RecordForm {
    static constexpr std::size_t kWords = (sizeof(Record) + 3) / 4;
    static constexpr std::size_t kNear = kWords; // in the record's own cell
    using Words = std::array<std::uint32_t, kWords>;

    static constexpr std::size_t used(const Words& /*words*/) { return kWords; }
    template <class Member>
    static constexpr bool may_be_text() {
        return false;
    }
    static void pack(const Record& record, Words& words) {
        words.back() = 0;
        memcpy(words.data(), &record, sizeof record);
    }
    static void unpack(const Words& words, Record& record) {
        memcpy(static_cast<void*>(&record), words.data(), sizeof record);
    }
};

// What stands in front of the texts, the lengths of the texts, their octets.
template <Packed Record>
struct RecordForm<Record> {
    static constexpr std::size_t kTextCount = std::tuple_size_v<std::remove_const_t<decltype(Record::kTexts)>>;
    using Lengths = std::array<std::uint16_t, kTextCount>;
    static constexpr std::size_t kCapacity =
        sum_of_texts([]<class Text>(std::type_identity<Text>) { return Text::kCapacity; }, Record::kTexts);
    // Perhaps with a little of the first text, where the record has padding behind the last: it does no harm.
    static constexpr std::size_t kHead =
        sizeof(Record) -
        sum_of_texts([]<class Text>(std::type_identity<Text>) { return sizeof(Text); }, Record::kTexts);
    static_assert(kHead % 4 == 0);
    static constexpr std::size_t kOctets = kHead + sizeof(Lengths); // where the octets of the texts begin
    static constexpr std::size_t kNear = (kOctets + Record::kNearText + 3) / 4;
    static constexpr std::size_t kWords = (kOctets + kCapacity + 3) / 4;
    static_assert(kWords > kNear, "packed in vain");
    using Words = std::array<std::uint32_t, kWords>;

    // How many words the record takes, as those in its own cell say.
    static std::size_t used(const Words& words) {
        const Lengths lengths = lengths_of(words);
        std::size_t octets = kOctets;
        for (const std::uint16_t length : lengths)
            octets += length;
        return std::clamp((octets + 3) / 4, kNear, kWords); // lengths read while they change may be any
    }
    template <class Member>
    static constexpr bool may_be_text() {
        return kIsText<Member>;
    }
    static void pack(const Record& record, Words& words) {
        std::fill_n(words.begin(), kNear, 0);
        auto* const octets = reinterpret_cast<char*>(words.data());
        memcpy(octets, &record, kHead);
        Lengths lengths{};
        std::size_t at = kOctets;
        each_text([&](std::size_t i, auto text) {
            const std::string_view view = (record.*text).view();
            lengths[i] = static_cast<std::uint16_t>(view.size());
            memcpy(octets + at, view.data(), view.size());
            at += view.size();
        });
        memcpy(octets + kHead, lengths.data(), sizeof lengths);
        if (at % 4 != 0) memset(octets + at, 0, 4 - at % 4);
    }
    static void unpack(const Words& words, Record& record) {
        memcpy(static_cast<void*>(&record), words.data(), kHead);
        for_texts(words, [&](auto text, std::string_view view) { (record.*text).assign(view); });
    }
    // That text; false when it is none of the packed ones.
    template <std::size_t N>
    static bool unpack_text(const Words& words, FixedText<N> Record::*wanted, FixedText<N>& out) {
        bool found = false;
        for_texts(words, [&](auto text, std::string_view view) {
            if constexpr (std::is_same_v<decltype(text), FixedText<N> Record::*>)
                if (text == wanted) found = (out.assign(view), true);
        });
        return found;
    }

private:
    static Lengths lengths_of(const Words& words) {
        Lengths lengths;
        memcpy(lengths.data(), reinterpret_cast<const char*>(words.data()) + kHead, sizeof lengths);
        return lengths;
    }
    template <class Each>
    static void each_text(const Each& each) {
        std::apply(
            [&](auto... text) {
                std::size_t i = 0;
                (each(i++, text), ...);
            },
            Record::kTexts);
    }
    template <class Each>
    static void for_texts(const Words& words, const Each& each) {
        const Lengths lengths = lengths_of(words);
        const auto* const octets = reinterpret_cast<const char*>(words.data());
        std::size_t at = kOctets;
        each_text([&](std::size_t i, auto text) {
            using Text = std::remove_cvref_t<decltype(std::declval<Record&>().*text)>;
            const std::size_t length = std::min<std::size_t>(lengths[i], Text::kCapacity);
            each(text, std::string_view(octets + at, length));
            at += length;
        });
    }
};

} // namespace lns::shm
