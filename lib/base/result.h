// SPDX-License-Identifier: ISC
// A value or the reason why there is none (std::expected is not in C++20).
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace lns {

struct Error {
    std::string message;
};

template <class E>
struct Failure {
    E error;
};
template <class E>
Failure(E) -> Failure<E>;

inline Failure<Error> failure(std::string message) { return {Error{std::move(message)}}; }

template <class T, class E = Error>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure<E> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() { return std::get<0>(state_); }
    const T& value() const { return std::get<0>(state_); }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    [[nodiscard]] const E& error() const { return std::get<1>(state_); }

private:
    std::variant<T, E> state_;
};

struct Done {};
template <class E = Error>
using Status = Result<Done, E>;

} // namespace lns
