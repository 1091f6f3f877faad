// SPDX-License-Identifier: ISC
// The authentication phase: PAP (RFC 1334) and CHAP with MD5 (RFC 1994), server side. Private to lib/ppp.
#pragma once

#include "lib/ppp/context.h"

namespace lns::ppp {

void begin_authentication(Context& cx);  // LCP came up; auth.method is agreed
void repeat_challenge(Context& cx);      // its timer is due
void resume_authentication(Context& cx); // after a crash
void pap_receive(Context& cx, Bytes payload);
void chap_receive(Context& cx, Bytes payload);
// Keeps the verdict and tells the peer.
void give_verdict(Context& cx, Verdict verdict, std::string_view message);
// A failure: tells the peer, then closes.
void refuse(Context& cx, std::string_view message);
void send_verdict(Context& cx);                           // once more, with the message as kept
void send_verdict(Context& cx, std::string_view message); // with the whole message

} // namespace lns::ppp
