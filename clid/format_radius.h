// SPDX-License-Identifier: ISC
// `show radius` as text. Pure: records in, strings out.
#pragma once

#include <string>

#include "shm/records.h"

namespace lns::clid {

// The manual's words: NULL, WAIT, CHAP, AUTH, IPCP, START, STOP; and INTERIM.
const char* radius_state_word(shm::RadiusState state);

std::string format_radius_header();
std::string format_radius_row(const shm::RadiusRequestRecord& request);

} // namespace lns::clid
