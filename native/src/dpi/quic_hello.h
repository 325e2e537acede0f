// What clients of Google's say in their hello besides TLS: CHLO messages, the user agent.
#pragma once

#include "dpi/parsers.h"

namespace weir {

// The beginning of the crypto stream of Q050 and before: tlsServerName, quicUserAgent.
Parse readGoogleHello(Octets stream, FactBuffer& facts);
// Chrome's transport parameter with its user agent. variable: integers are those of RFC 9000 (draft 27 and later).
void addQuicUserAgent(Octets transportParameters, bool variable, FactBuffer& facts);

}  // namespace weir
