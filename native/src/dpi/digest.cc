#include "dpi/digest.h"

#include <gcrypt.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace weir {
namespace {

std::string hex(std::span<const uint8_t> octets, size_t characters) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(std::min(characters, octets.size() * 2), '0');
  for (size_t i = 0; i < text.size(); i++) text[i] = kDigits[octets[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
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
  HmacSha256 hmac(key);
  return hmac.of(octets);
}

HmacSha256::HmacSha256(std::span<const uint8_t> key) {
  prepareGcrypt();
  if (gcry_md_open(&handle_, GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC) != 0) handle_ = nullptr;
  if (handle_ != nullptr) gcry_md_setkey(handle_, key.data(), key.size());
}

HmacSha256::~HmacSha256() { gcry_md_close(handle_); }

Sha256Digest HmacSha256::of(std::span<const uint8_t> octets) {
  Sha256Digest out{};
  if (handle_ == nullptr) return out;
  gcry_md_reset(handle_);  // keeps the key
  gcry_md_write(handle_, octets.data(), octets.size());
  std::copy_n(gcry_md_read(handle_, GCRY_MD_SHA256), out.size(), out.begin());
  return out;
}

void HmacSha256::expandLabel(std::string_view label, std::span<uint8_t> out) {
  static constexpr std::string_view kPrefix = "tls13 ";
  std::array<uint8_t, 64> info;
  if (out.size() > Sha256Digest().size() || label.size() > 32) return;
  info[0] = 0;
  info[1] = static_cast<uint8_t>(out.size());
  info[2] = static_cast<uint8_t>(kPrefix.size() + label.size());
  auto at = std::copy(kPrefix.begin(), kPrefix.end(), info.begin() + 3);
  at = std::copy(label.begin(), label.end(), at);
  *at++ = 0;  // context
  *at++ = 1;  // first and only block
  const Sha256Digest block = of({info.begin(), at});
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
