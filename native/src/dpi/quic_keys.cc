#include "dpi/quic_keys.h"

#include <gcrypt.h>

#include <algorithm>
#include <cstring>

#include "dpi/digest.h"

namespace weir {
namespace {

constexpr size_t kSaltSize = 20, kSample = 16, kTag = 16, kLongestNumber = 4, kLongestHeader = 1024;

// A cipher handle for one packet.
class Aes128 {
 public:
  Aes128(const std::array<uint8_t, 16>& key, int mode) {
    prepareGcrypt();
    if (gcry_cipher_open(&handle_, GCRY_CIPHER_AES128, mode, 0) != 0) handle_ = nullptr;
    else if (gcry_cipher_setkey(handle_, key.data(), key.size()) != 0) close();
  }
  ~Aes128() { close(); }
  Aes128(const Aes128&) = delete;
  Aes128& operator=(const Aes128&) = delete;
  explicit operator bool() const { return handle_ != nullptr; }
  gcry_cipher_hd_t handle() const { return handle_; }

 private:
  void close() {
    if (handle_ != nullptr) gcry_cipher_close(handle_);
    handle_ = nullptr;
  }
  gcry_cipher_hd_t handle_ = nullptr;
};

bool maskOf(const QuicKeys& keys, const uint8_t* sample, std::array<uint8_t, kSample>& mask) {
  const Aes128 cipher(keys.headerKey, GCRY_CIPHER_MODE_ECB);
  return cipher && gcry_cipher_encrypt(cipher.handle(), mask.data(), mask.size(), sample, kSample) == 0;
}

}  // namespace

QuicKeys quicInitialKeys(const QuicProtection& protection, Octets connectionId, bool ofServer) {
  HmacSha256 initial(hmacSha256({protection.salt, kSaltSize}, connectionId));
  Sha256Digest secret{};
  initial.expandLabel(ofServer ? "server in" : "client in", secret);
  HmacSha256 expand(secret);
  QuicKeys keys{};
  expand.expandLabel(protection.version2 ? "quicv2 key" : "quic key", keys.key);
  expand.expandLabel(protection.version2 ? "quicv2 iv" : "quic iv", keys.iv);
  expand.expandLabel(protection.version2 ? "quicv2 hp" : "quic hp", keys.headerKey);
  return keys;
}

Octets openQuicPacket(const QuicKeys& keys, Octets packet, size_t numberOffset, std::span<uint8_t> room) {
  if (numberOffset > kLongestHeader || packet.size() < numberOffset + kLongestNumber + kSample) return {};
  std::array<uint8_t, kSample> mask;
  if (!maskOf(keys, packet.data() + numberOffset + kLongestNumber, mask)) return {};

  // The header in clear is what was authenticated.
  std::array<uint8_t, kLongestHeader + kLongestNumber> header;
  const size_t numberSize = ((packet[0] ^ mask[0]) & 3u) + 1u;
  const size_t headerSize = numberOffset + numberSize;
  std::memcpy(header.data(), packet.data(), headerSize);
  header[0] = static_cast<uint8_t>(packet[0] ^ (mask[0] & 0x0f));
  auto nonce = keys.iv;
  for (size_t i = 0; i < numberSize; i++) {
    header[numberOffset + i] ^= mask[1 + i];
    nonce[nonce.size() - numberSize + i] ^= header[numberOffset + i];
  }

  const size_t size = packet.size() - headerSize - kTag;
  const uint8_t* sealed = packet.data() + headerSize;
  if (size > room.size()) return {};
  const Aes128 cipher(keys.key, GCRY_CIPHER_MODE_GCM);
  if (!cipher || gcry_cipher_setiv(cipher.handle(), nonce.data(), nonce.size()) != 0 ||
      gcry_cipher_authenticate(cipher.handle(), header.data(), headerSize) != 0 ||
      gcry_cipher_decrypt(cipher.handle(), room.data(), size, sealed, size) != 0 ||
      gcry_cipher_checktag(cipher.handle(), sealed + size, kTag) != 0) {
    return {};
  }
  return {room.data(), size};
}

}  // namespace weir
