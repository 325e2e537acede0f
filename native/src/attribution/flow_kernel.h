// TCP health of one end, from what the kernel said of its socket.
#pragma once

#include "attribution/socket_table.h"
#include "fields/flow_record.h"

namespace weir {

// What the kernel counted and measured, octets without SYN and FIN; times of states are not in it.
KernelTcp kernelOf(const weir_tcp_health& health);
// Time in ESTABLISHED, and from then on; untilNs: CLOCK_MONOTONIC, when `health` was read or the connection ended.
void setStateTimes(KernelTcp& tcp, const weir_tcp_health& health, uint64_t untilNs);
// As of the latest event or snapshot; all zero when there was none. nowNs: CLOCK_MONOTONIC.
KernelTcp kernelOf(const SocketBinding& binding, uint64_t nowNs);

}  // namespace weir
