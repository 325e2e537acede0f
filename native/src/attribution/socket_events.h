// What the attribution tables are fed with: the events of ../ebpf/socket_event.h, from BPF or, in tier T0, made of
// sock_diag and /proc in the same shape.
#pragma once

#include "../ebpf/socket_event.h"

namespace weir {

// Where an event comes from: an exact binding from sock_diag says so in the record (MatchMethod::diag).
enum class EventOrigin : uint8_t { bpf, snapshot, diag };

class EventHandler {
 public:
  virtual ~EventHandler() = default;
  // event.size octets are there; the kind says which structure it is. Valid during the call.
  virtual void onEvent(const weir_event& event, EventOrigin origin) = 0;
};

}  // namespace weir
