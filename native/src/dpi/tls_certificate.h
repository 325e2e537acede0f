// Facts of an X.509 certificate (RFC 5280), as far as they are cheap: no signature is verified, nothing is trusted.
#pragma once

#include "dpi/parsers.h"

namespace weir {

// A Certificate message of TLS 1.2 and before, or its beginning: facts of the first certificate in it.
// Parse::more when that one is not all there; then wanted is of this message.
ParseResult addCertificateFacts(Octets message, FactBuffer& facts);

}  // namespace weir
