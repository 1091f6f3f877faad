// SPDX-License-Identifier: ISC
// Bounds-checked reading and writing of network byte order. The check lives here, so that a parser
// cannot forget it; this is the only place where wire bytes become integers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace lns {

using Bytes = std::span<const std::uint8_t>;

// The characters of a string as octets.
inline Bytes as_octets(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The octets of a peer as characters; not escaped: see lib/base/escape.h before showing them.
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Consumes a byte string from its front. Every getter returns false, and changes nothing, when the
// bytes are not there. A caller that knows the whole layout checks done() at the end.
class Reader {
public:
    Reader() = default;
    explicit Reader(Bytes bytes) : rest_(bytes) {}

    [[nodiscard]] bool u8(std::uint8_t& v) {
        if (rest_.empty()) return false;
        v = rest_[0];
        rest_ = rest_.subspan(1);
        return true;
    }
    [[nodiscard]] bool u16(std::uint16_t& v) {
        if (rest_.size() < 2) return false;
        v = static_cast<std::uint16_t>(rest_[0] << 8 | rest_[1]);
        rest_ = rest_.subspan(2);
        return true;
    }
    [[nodiscard]] bool u32(std::uint32_t& v) {
        if (rest_.size() < 4) return false;
        v = std::uint32_t{rest_[0]} << 24 | std::uint32_t{rest_[1]} << 16 | std::uint32_t{rest_[2]} << 8 | rest_[3];
        rest_ = rest_.subspan(4);
        return true;
    }
    [[nodiscard]] bool u64(std::uint64_t& v) {
        std::uint32_t high = 0;
        std::uint32_t low = 0;
        if (rest_.size() < 8 || !u32(high) || !u32(low)) return false;
        v = std::uint64_t{high} << 32 | low;
        return true;
    }
    // The next n bytes as a view.
    [[nodiscard]] bool bytes(std::size_t n, Bytes& v) {
        if (rest_.size() < n) return false;
        v = rest_.first(n);
        rest_ = rest_.subspan(n);
        return true;
    }
    // The next n bytes as a reader of their own: a TLV body cannot read past itself.
    [[nodiscard]] bool take(std::size_t n, Reader& sub) {
        Bytes body;
        if (!bytes(n, body)) return false;
        sub = Reader(body);
        return true;
    }
    // Exactly out.size() bytes, copied.
    [[nodiscard]] bool copy(std::span<std::uint8_t> out) {
        Bytes body;
        if (!bytes(out.size(), body)) return false;
        std::copy(body.begin(), body.end(), out.begin());
        return true;
    }
    [[nodiscard]] bool skip(std::size_t n) {
        Bytes ignored;
        return bytes(n, ignored);
    }
    [[nodiscard]] std::size_t size() const { return rest_.size(); }
    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] Bytes rest() const { return rest_; }

private:
    Bytes rest_;
};

// Appends to a buffer of fixed size. When something does not fit nothing of it is written and ok()
// is false from then on, so a caller may check once at the end.
class Writer {
public:
    explicit Writer(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

    void u8(std::uint8_t v) {
        if (reserve(1)) buffer_[size_++] = v;
    }
    void u16(std::uint16_t v) {
        if (!reserve(2)) return;
        buffer_[size_++] = static_cast<std::uint8_t>(v >> 8);
        buffer_[size_++] = static_cast<std::uint8_t>(v);
    }
    void u32(std::uint32_t v) {
        if (!reserve(4)) return;
        u16(static_cast<std::uint16_t>(v >> 16));
        u16(static_cast<std::uint16_t>(v));
    }
    void u64(std::uint64_t v) {
        if (!reserve(8)) return;
        u32(static_cast<std::uint32_t>(v >> 32));
        u32(static_cast<std::uint32_t>(v));
    }
    void bytes(Bytes v) {
        if (!reserve(v.size())) return;
        std::copy(v.begin(), v.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += v.size();
    }
    void text(std::string_view v) { bytes(as_octets(v)); }
    void zeros(std::size_t n) {
        if (!reserve(n)) return;
        std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(size_), n, std::uint8_t{0});
        size_ += n;
    }
    // Overwrites two bytes written earlier: a length known only afterwards.
    void patch_u16(std::size_t at, std::uint16_t v) {
        if (at + 2 > size_) {
            ok_ = false;
            return;
        }
        buffer_[at] = static_cast<std::uint8_t>(v >> 8);
        buffer_[at + 1] = static_cast<std::uint8_t>(v);
    }
    void patch_u8(std::size_t at, std::uint8_t v) {
        if (at >= size_) {
            ok_ = false;
            return;
        }
        buffer_[at] = v;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t room() const { return buffer_.size() - size_; }
    [[nodiscard]] Bytes written() const { return buffer_.first(size_); }
    [[nodiscard]] std::span<std::uint8_t> written_mutable() { return buffer_.first(size_); }

private:
    bool reserve(std::size_t n) {
        if (!ok_ || buffer_.size() - size_ < n) ok_ = false;
        return ok_;
    }
    std::span<std::uint8_t> buffer_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

} // namespace lns
