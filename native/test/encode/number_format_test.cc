#include "encode/number_format.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace weir;

namespace {

std::string decimal(uint64_t value) {
  char text[format::kUnsignedRoom];
  return {text, format::writeUnsigned(text, value)};
}

std::string address6(const char* from) {
  uint8_t octets[16];
  REQUIRE(inet_pton(AF_INET6, from, octets) == 1);
  char text[format::kAddress6Room];
  return {text, format::writeAddress6(text, octets)};
}

std::string real(double value) {
  char text[format::kRealRoom];
  return {text, format::writeReal(text, value)};
}

}  // namespace

TEST_CASE("number format: unsigned decimals") {
  for (const uint64_t value : {uint64_t{0}, uint64_t{9}, uint64_t{10}, uint64_t{99}, uint64_t{100}, uint64_t{65535},
                               uint64_t{4294967295}, uint64_t{9007199254740993}, UINT64_MAX}) {
    CHECK(decimal(value) == std::to_string(value));
  }
  for (uint64_t power = 1; power < UINT64_MAX / 10; power *= 10) {
    CHECK(decimal(power) == std::to_string(power));
    CHECK(decimal(power - 1) == std::to_string(power - 1));
    CHECK(decimal(power * 10 - 1) == std::to_string(power * 10 - 1));
  }
  std::mt19937_64 random(3);
  for (int i = 0; i < 10000; i++) {
    const uint64_t value = random() >> (random() % 64);
    REQUIRE(decimal(value) == std::to_string(value));
  }
}

TEST_CASE("number format: IPv4 addresses and MACs") {
  char text[32];
  const uint8_t address[] = {192, 0, 20, 255};
  CHECK(std::string(text, format::writeAddress4(text, address)) == "192.0.20.255");
  const uint8_t zero[] = {0, 0, 0, 0};
  CHECK(std::string(text, format::writeAddress4(text, zero)) == "0.0.0.0");
  const uint8_t mac[] = {0x02, 0, 0x1f, 0xab, 0xcd, 0xff};
  CHECK(std::string(text, format::writeMac(text, mac)) == "02:00:1f:ab:cd:ff");
}

TEST_CASE("number format: IPv6 addresses as RFC 5952 wants them") {
  CHECK(address6("2001:0db8:0000:0000:0001:0000:0000:0001") == "2001:db8::1:0:0:1");  // 4.2.3: the first of equal runs
  CHECK(address6("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");                  // 4.2.2: one group stays
  CHECK(address6("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");                           // 4.2.3: the longest run
  CHECK(address6("2001:DB8::ABCD:EF01") == "2001:db8::abcd:ef01");                    // 4.3: lower case
  CHECK(address6("::") == "::");
  CHECK(address6("::1") == "::1");
  CHECK(address6("1::") == "1::");
  CHECK(address6("fe80::200:86ff:fe05:80da") == "fe80::200:86ff:fe05:80da");
  CHECK(address6("1:2:3:4:5:6:7:8") == "1:2:3:4:5:6:7:8");
  CHECK(address6("0:0:1::") == "0:0:1::");
  CHECK(address6("1:2:3:4:5:6:0:0") == "1:2:3:4:5:6::");
  CHECK(address6("0:2:3:4:5:6:7:0") == "0:2:3:4:5:6:7:0");
  CHECK(address6("::ffff:192.0.2.1") == "::ffff:192.0.2.1");  // section 5
  CHECK(address6("ff02::2") == "ff02::2");
  CHECK(address6("a0b:c0d:100:10:1:f:ff:fff") == "a0b:c0d:100:10:1:f:ff:fff");
}

TEST_CASE("number format: random IPv6 addresses read back equal, never longer than inet_ntop's") {
  std::mt19937 random(5);
  for (int i = 0; i < 5000; i++) {
    uint8_t octets[16], back[16];
    for (size_t group = 0; group < 8; group++) {
      const unsigned value = random() % 3 == 0 ? random() & 0xffff : random() % 3 == 0 ? random() & 0xf : 0;
      octets[2 * group] = static_cast<uint8_t>(value >> 8);
      octets[2 * group + 1] = static_cast<uint8_t>(value);
    }
    char text[format::kAddress6Room + 1];
    *format::writeAddress6(text, octets) = '\0';
    REQUIRE(inet_pton(AF_INET6, text, back) == 1);
    REQUIRE(std::memcmp(octets, back, 16) == 0);
    char other[INET6_ADDRSTRLEN];
    REQUIRE(inet_ntop(AF_INET6, octets, other, sizeof other) != nullptr);
    if (std::string(other).find('.') == std::string::npos) REQUIRE(std::string(text) == other);
  }
}

TEST_CASE("number format: times") {
  format::TimeWriter times;
  const auto iso = [&](uint64_t ns, unsigned digits) {
    char text[format::kTimeRoom];
    return std::string(text, times.writeIso(text, ns, digits));
  };
  const uint64_t ns = 1795228150012345678u;
  CHECK(iso(ns, 3) == "2026-11-21T02:29:10.012Z");
  CHECK(iso(ns, 0) == "2026-11-21T02:29:10Z");
  CHECK(iso(ns, 6) == "2026-11-21T02:29:10.012345Z");
  CHECK(iso(ns, 9) == "2026-11-21T02:29:10.012345678Z");
  CHECK(iso(0, 3) == "1970-01-01T00:00:00.000Z");
  CHECK(iso(uint64_t{951782400} * 1000000000, 3) == "2000-02-29T00:00:00.000Z");
  CHECK(iso(uint64_t{4107542399} * 1000000000, 3) == "2100-02-28T23:59:59.000Z");
  CHECK(iso(UINT64_MAX, 9) == "2554-07-21T23:34:33.709551615Z");
  CHECK(iso(ns + uint64_t{64} * 1000000000, 3) == "2026-11-21T02:30:14.012Z");  // the same place in the cache
  CHECK(iso(ns, 3) == "2026-11-21T02:29:10.012Z");
  char text[format::kTimeRoom];
  CHECK(std::string(text, times.writeClock(text, ns, 3)) == "02:29:10.012");
}

TEST_CASE("number format: reals are the shortest that read back") {
  CHECK(real(0) == "0");
  CHECK(real(111) == "111");
  CHECK(real(0.1) == "0.1");
  CHECK(real(1.0 / 3) == "0.3333333333333333");
  CHECK(real(1e300) == "1e+300");
  CHECK(real(-2.5e-7) == "-2.5e-07");
  CHECK(real(HUGE_VAL) == "null");
  CHECK(real(std::nan("")) == "null");
}
