// IPFIX (RFC 7011): version 10 header, sets without padding.
#pragma once

#include "encode/wire_format.h"

namespace weir {

extern const WireFormat kIpfix;

}  // namespace weir
