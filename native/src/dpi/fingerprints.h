// Fingerprints of hellos: JA3 and JA3S (Salesforce), JA4 of clients (FoxIO; the JA4 TLS client fingerprint only).
#pragma once

#include <string>

#include "dpi/tls_hello.h"

namespace weir {

// 32 hexadecimal digits; empty when the hello has more values than a fingerprint is made of here.
std::string ja3(const ClientHello& hello);
std::string ja3s(const ServerHello& hello);
// transport: 't' TCP, 'q' QUIC, 'd' DTLS.
std::string ja4(const ClientHello& hello, char transport);

}  // namespace weir
