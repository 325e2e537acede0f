// Digests of libgcrypt, mostly as lower-case hexadecimal text; HKDF.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct gcry_md_handle;

namespace weir {

// 32 characters.
std::string md5Hex(std::string_view octets);
// The first `characters` of the 64.
std::string sha256Hex(std::string_view octets, size_t characters);
std::string sha1Hex(std::span<const uint8_t> octets);
// HMAC-SHA256, the first `characters` of the 64.
std::string keyedHex(std::string_view key, std::string_view text, size_t characters);

using Sha256Digest = std::array<uint8_t, 32>;
Sha256Digest hmacSha256(std::span<const uint8_t> key, std::span<const uint8_t> octets);

// HMAC-SHA256 of several texts with one key.
class HmacSha256 {
 public:
  explicit HmacSha256(std::span<const uint8_t> key);
  ~HmacSha256();
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;
  Sha256Digest of(std::span<const uint8_t> octets);
  // HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1), the key being the secret; no context; at most 32 octets.
  void expandLabel(std::string_view label, std::span<uint8_t> out);

 private:
  gcry_md_handle* handle_ = nullptr;
};

// Makes libgcrypt ready; whoever calls it directly does this first.
void prepareGcrypt();

}  // namespace weir
