// One query and its response: the first query of a flow decides which response counts.
#pragma once

#include <cstdint>

#include "dpi/parsers.h"

namespace weir {

// done: a fact-giving message of its kind; no: not DNS, or a message that belongs to another query of the flow.
// queryNs: when the first query was seen, 0 = none; kept by the caller.
ParseResult readDnsExchange(Octets message, uint64_t ns, uint64_t& queryNs, FactBuffer& facts);

}  // namespace weir
