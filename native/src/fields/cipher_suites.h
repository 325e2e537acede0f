// TLS cipher suites by number.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// IANA's name without the TLS_ in front; empty where weir knows none.
std::string_view cipherSuiteName(uint16_t number);
// No authentication or encryption, export keys, or RC4, RC2, DES, 3DES, IDEA, MD5 in it.
bool isUnsafeCipherSuite(uint16_t number);

}  // namespace weir
