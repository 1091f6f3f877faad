// SPDX-License-Identifier: ISC
#include "lib/l2tp/control_fsm.h"

namespace lns::l2tp {
namespace {

constexpr auto kStates = static_cast<std::size_t>(ControlState::kCount);
constexpr auto kEvents = static_cast<std::size_t>(ControlEvent::kCount);
constexpr std::array<std::string_view, kStates> kNames{"idle", "wait_ctl_conn", "established", "closing", "closed"};

constexpr ControlState idle = ControlState::idle;
constexpr ControlState wait = ControlState::wait_ctl_conn;
constexpr ControlState estab = ControlState::established;
constexpr ControlState closing = ControlState::closing;
constexpr ControlState closed = ControlState::closed_linger;

using enum ControlAction;
using Row = std::array<ControlCell, kStates>;

// clang-format off
constexpr std::array<Row, kEvents> kTable{{
    //                      idle            wait_ctl_conn          established            closing            closed_linger
    /* SCCRQ         */ {{{idle, ignore}, {closing, stop_fsm},   {closing, stop_fsm},   {closing, ack},    {closed, ack}}},
    /* SCCRP         */ {{{idle, ignore}, {closing, stop_fsm},   {closing, stop_fsm},   {closing, ack},    {closed, ack}}},
    /* SCCCN         */ {{{idle, ignore}, {estab, up},           {closing, stop_fsm},   {closing, ack},    {closed, ack}}},
    /* SCCCN_bad     */ {{{idle, ignore}, {closing, stop_auth},  {closing, stop_fsm},   {closing, ack},    {closed, ack}}},
    /* StopCCN       */ {{{idle, ignore}, {closed, peer_stop},   {closed, peer_stop},   {closed, linger},  {closed, ack}}},
    /* HELLO         */ {{{idle, ignore}, {closing, stop_fsm},   {estab, ack},          {closing, ack},    {closed, ack}}},
    /* call          */ {{{idle, ignore}, {closing, stop_fsm},   {estab, deliver},      {closing, ack},    {closed, ack}}},
    /* optional      */ {{{idle, ignore}, {wait, ack},           {estab, ack},          {closing, ack},    {closed, ack}}},
    /* fault         */ {{{idle, ignore}, {closing, stop_fault}, {closing, stop_fault}, {closing, ack},    {closed, ack}}},
    /* close         */ {{{idle, ignore}, {closing, stop_local}, {closing, stop_local}, {closing, ignore}, {closed, ignore}}},
    /* StopCCN_acked */ {{{idle, ignore}, {wait, ignore},        {estab, ignore},       {closed, linger},  {closed, ignore}}},
    /* retries_exh.  */ {{{idle, ignore}, {wait, await},         {idle, dead},          {idle, release},   {closed, ignore}}},
    /* expired       */ {{{idle, ignore}, {idle, dead},          {estab, ignore},       {idle, release},   {idle, release}}},
}};
// clang-format on

} // namespace

std::string_view name(ControlState state) {
    const auto i = static_cast<std::size_t>(state);
    return i < kNames.size() ? kNames[i] : "unknown";
}

ControlCell control_cell(ControlState state, ControlEvent event) {
    const auto s = static_cast<std::size_t>(state);
    const auto e = static_cast<std::size_t>(event);
    if (s >= kStates || e >= kEvents) return {idle, ignore}; // a record that is not one of ours
    return kTable[e][s];
}

} // namespace lns::l2tp
