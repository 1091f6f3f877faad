// SPDX-License-Identifier: ISC
// The UDP socket that copies of intercepted packets leave through: unbound, and only for sending.
#pragma once

#include "datapathd/interceptor.h"
#include "lib/base/fd.h"

namespace lns::datapath {

class CopySocket final : public CopyPort {
public:
    explicit CopySocket(UniqueFd fd) : fd_(std::move(fd)) {}
    Outcome send(std::span<const Copy> copies) override;

private:
    UniqueFd fd_;
};

} // namespace lns::datapath
