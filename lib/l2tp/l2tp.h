// SPDX-License-Identifier: ISC
// RFC 2661, LNS side, as pure functions over plain data. The only header that other directories include.
//
// sessiond: control_connection.h, call.h. datapathd: header.h.
#pragma once

#include "lib/l2tp/avp.h"
#include "lib/l2tp/avp_table.h"
#include "lib/l2tp/call.h"
#include "lib/l2tp/challenge.h"
#include "lib/l2tp/control_connection.h"
#include "lib/l2tp/control_fsm.h"
#include "lib/l2tp/effects.h"
#include "lib/l2tp/half_open.h"
#include "lib/l2tp/header.h"
#include "lib/l2tp/hiding.h"
#include "lib/l2tp/message.h"
#include "lib/l2tp/message_table.h"
#include "lib/l2tp/out_message.h"
#include "lib/l2tp/reorder_buffer.h"
#include "lib/l2tp/result_codes.h"
#include "lib/l2tp/wire_error.h"
