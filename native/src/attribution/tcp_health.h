// tcp_info of inet_diag(7) -> what BPF reads from tcp_sock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "attribution/socket_events.h"

namespace weir {

// size: octets of tcp_info the kernel gave; kernels differ, what is not there stays 0. listening: the local port has a listener,
// so the connection may have been accepted. No total of lost segments is in tcp_info: `lost` stays 0.
weir_tcp_health healthOf(const uint8_t* info, size_t size, uint8_t state, bool listening);

}  // namespace weir
