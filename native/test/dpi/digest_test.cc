#include "dpi/digest.h"

#include <doctest/doctest.h>

#include <string>

#include "dpi/payload.h"

using namespace weir;
using weir::test::octetsOf;

TEST_CASE("digest: published values") {
  CHECK(md5Hex("") == "d41d8cd98f00b204e9800998ecf8427e");                                   // RFC 1321
  CHECK(md5Hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
  CHECK(sha1Hex(octetsOf("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");             // RFC 3174
  CHECK(sha256Hex("abc", 64) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  CHECK(keyedHex("Jefe", "what do ya want for nothing?", 64) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");                 // RFC 4231
}

TEST_CASE("digest: as many characters as asked for") {
  CHECK(sha256Hex("abc", 12) == "ba7816bf8f01");
  CHECK(keyedHex("Jefe", "what do ya want for nothing?", 32) == "5bdcc146bf60754e6a042426089575c7");
  CHECK(sha256Hex("abc", 100).size() == 64);
}
