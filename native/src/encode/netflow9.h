// NetFlow v9 (RFC 3954): field types are IANA's ids and, for ntop's elements, 57472 + id; sets are padded to 4 octets.
#pragma once

#include "encode/wire_format.h"

namespace weir {

extern const WireFormat kNetflow9;

// The field type of an element; throws Error WEIR_TEMPLATE, naming it, where v9 has none.
uint16_t netflow9Type(const Element& element);
// Milliseconds since startMs, modulo 2^32; 0 before it.
uint32_t sysUptime(uint32_t exportSeconds, uint64_t startMs);

}  // namespace weir
