#include "base/sha1.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;

static std::string hexSha1(const std::string& message) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t octet : sha1(reinterpret_cast<const uint8_t*>(message.data()), message.size())) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

TEST_CASE("sha1: published digests") {
  CHECK(hexSha1("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hexSha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hexSha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hexSha1(std::string(1000000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("sha1: lengths around the block and its padding") {
  CHECK(hexSha1(std::string(55, 'a')) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  CHECK(hexSha1(std::string(56, 'a')) == "c2db330f6083854c99d4b5bfb6e8f29f201be699");
  CHECK(hexSha1(std::string(63, 'a')) == "03f09f5b158a7a8cdad920bddc29b81c18a551f5");
  CHECK(hexSha1(std::string(64, 'a')) == "0098ba824b5c16427bd7a1122a5a442a25ec644d");
  CHECK(hexSha1(std::string(65, 'a')) == "11655326c708d70319be2610e8a57d9a5b959d3b");
}
