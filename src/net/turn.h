// A reactor's turn: what it works on between two looks at its sockets. Requests of one turn were all
// there at once, so the last of them has waited for the others: a turn is the queue of a server that
// answers each request where it arrives.
//
//   if (request.turn->number == last_turn) ...        // both waited together
//
// Knowing where a turn ends costs a look at the sockets more. It is done only while more connections
// than `crowd` are open (a connection of HTTP/2 counts as all its streams); with fewer, which cannot ask
// for more at a time, each socket's input counts as a turn. Belongs to its reactor's thread.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace slipway::net {

struct Turn {
  std::uint64_t number = 1;
  std::int64_t began_ns = 0;  // monotonic; 0 until somebody has looked at the clock
  // A handler lowers it to the least that it counts to.
  std::size_t crowd = static_cast<std::size_t>(-1);
  bool is_open = false;  // its end will be seen
  // Then called, once; to be set while it is open. True: something is left to do, so that the next turn, too, is
  // seen to its end, though there may be no input in it, and this called again then.
  std::function<bool()> at_end;
};

}  // namespace slipway::net
