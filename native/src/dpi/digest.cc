#include "dpi/digest.h"

#include <gcrypt.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace weir {
namespace {

std::string hex(std::span<const uint8_t> octets, size_t characters) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(octets.size() * 2);
  for (const uint8_t octet : octets) {
    text.push_back(kDigits[octet >> 4]);
    text.push_back(kDigits[octet & 15]);
  }
  text.resize(std::min(characters, text.size()));
  return text;
}

template <int kAlgorithm, size_t kSize>
std::string digest(const void* octets, size_t size, size_t characters) {
  prepareGcrypt();
  std::array<uint8_t, kSize> out;
  gcry_md_hash_buffer(kAlgorithm, out.data(), octets, size);
  return hex(out, characters);
}

}  // namespace

std::string md5Hex(std::string_view octets) {
  return digest<GCRY_MD_MD5, 16>(octets.data(), octets.size(), 32);
}

std::string sha256Hex(std::string_view octets, size_t characters) {
  return digest<GCRY_MD_SHA256, 32>(octets.data(), octets.size(), characters);
}

std::string sha1Hex(std::span<const uint8_t> octets) {
  return digest<GCRY_MD_SHA1, 20>(octets.data(), octets.size(), 40);
}

std::string keyedHex(std::string_view key, std::string_view text, size_t characters) {
  const auto octets = [](std::string_view of) { return std::span(reinterpret_cast<const uint8_t*>(of.data()), of.size()); };
  return hex(hmacSha256(octets(key), octets(text)), characters);
}

Sha256Digest hmacSha256(std::span<const uint8_t> key, std::span<const uint8_t> octets) {
  prepareGcrypt();
  gcry_buffer_t parts[2] = {};
  parts[0].data = const_cast<uint8_t*>(key.data());
  parts[0].len = key.size();
  parts[1].data = const_cast<uint8_t*>(octets.data());
  parts[1].len = octets.size();
  Sha256Digest out{};
  gcry_md_hash_buffers(GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC, out.data(), parts, 2);
  return out;
}

void hkdfExpandLabel(const Sha256Digest& secret, std::string_view label, std::span<uint8_t> out) {
  static constexpr std::string_view kPrefix = "tls13 ";
  std::array<uint8_t, 64> info;
  if (out.size() > secret.size() || label.size() > 32) return;
  size_t used = 0;
  info[used++] = 0;
  info[used++] = static_cast<uint8_t>(out.size());
  info[used++] = static_cast<uint8_t>(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) used = std::copy(part.begin(), part.end(), info.begin() + used) - info.begin();
  info[used++] = 0;  // context
  info[used++] = 1;  // first and only block
  const Sha256Digest block = hmacSha256(secret, {info.data(), used});
  std::copy_n(block.begin(), out.size(), out.begin());
}

// Once for the process; libraries that use libgcrypt too (libndpi) find it ready.
void prepareGcrypt() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return;
    gcry_check_version(nullptr);
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
  });
}

}  // namespace weir
