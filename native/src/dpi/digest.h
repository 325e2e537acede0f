// Digests of libgcrypt as lower-case hexadecimal text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir {

// 32 characters.
std::string md5Hex(std::string_view octets);
// The first `characters` of the 64.
std::string sha256Hex(std::string_view octets, size_t characters);
std::string sha1Hex(std::span<const uint8_t> octets);
// HMAC-SHA256, the first `characters` of the 64.
std::string keyedHex(std::string_view key, std::string_view text, size_t characters);

}  // namespace weir
