// pcap-filter(7) over files, and the programs handed to the kernel.
#include <doctest/doctest.h>

#include "base/error.h"
#include "capture/capture_bytes.h"
#include "capture/user_filter.h"

using namespace weir;
using namespace weir::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a filter keeps what matches and counts the rest") {
  Writer w;
  w.pcapHeader();
  for (uint16_t i = 0; i < 1'000; i++) w.record(i, 0, udpFrame(i % 10 == 0 ? 53 : 80), 42);
  const Reading reading = readFile(w.out, {.filter = "udp port 53"});
  REQUIRE(reading.frames.size() == 100);
  CHECK(reading.frames[3].frame.ns == 30'000'000'000);
  CHECK(reading.filtered == 900);
  CHECK(reading.counted == 100);
  CHECK(reading.wireOctets == 4'200);
  CHECK(readFile(w.out, {.filter = "tcp"}).filtered == 1'000);
}

TEST_CASE("a filter runs before the snap length cuts") {
  const Reading reading =
      readFile(Writer{}.pcapHeader().record(1, 0, udpFrame(53), 42).out, {.filter = "udp port 53", .snapLength = 20});
  REQUIRE(reading.frames.size() == 1);
  CHECK(reading.frames[0].frame.captured == 20);
}

TEST_CASE("a filter is compiled for each link type and byte order") {
  const Octets ethernet = udpFrame(53), ip(ethernet.begin() + 14, ethernet.end());
  Octets file;
  for (const bool big : {false, true}) {
    Writer w{big, {}};
    w.section().interface(1).interface(101).interface(0);
    w.packet(0, 1, ethernet, 42).packet(1, 1, ip, 28).packet(2, 1, w.fresh().u32(2).octets(ip).out, 32);
    file.insert(file.end(), w.out.begin(), w.out.end());
  }
  CHECK(readFile(file, {.filter = "udp port 53"}).frames.size() == 6);
  CHECK(readFile(file, {.filter = "udp port 54"}).frames.empty());
}

TEST_CASE("a bad filter is refused in libpcap's words") {
  const Octets file = Writer{}.pcapHeader().record(1, 0, udpFrame(53), 42).out;
  for (const char* filter : {"udp prot 53", "host ", "(("}) {
    CHECK_THROWS_AS(readFile(file, {.filter = filter}), Error);
    CHECK_THROWS_AS(checkFilter(filter, 1, 0), Error);
  }
  try {
    checkFilter("tcp port", 1, 65535);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_FILTER");
    CHECK(contains(error.what(), "filter 'tcp port': "));
    CHECK(contains(error.what(), "syntax error"));
  }
  checkFilter("ether host 02:00:00:00:00:01", 1, 0);
  CHECK_THROWS_AS(checkFilter("ether host 02:00:00:00:00:01", 101, 0), Error);
}

TEST_CASE("a filter without meaning for a later interface drops its frames aloud") {
  const Octets ethernet = udpFrame(53), ip(ethernet.begin() + 14, ethernet.end());
  Writer w;
  w.section().interface(1).packet(0, 1, ethernet, 42).interface(101).packet(1, 1, ip, 28);
  const Reading reading = readFile(w.out, {.filter = "ether host 02:02:02:02:02:02"});
  CHECK(reading.frames.size() == 1);
  CHECK(reading.filtered == 1);
  REQUIRE(reading.notices.size() == 1);
  CHECK(reading.notices[0].code == "WEIR_FILTER");
}

TEST_CASE("compiled programs carry the snap length to the kernel") {
  const FilterProgram program = compileFilter("udp port 53", 1, 128);
  CHECK(program.size() > 5);
  bool accepts = false;
  for (const FilterInstruction& instruction : program) {
    if (instruction.code == 0x06 && instruction.k == 128) accepts = true;  // BPF_RET | BPF_K
  }
  CHECK(accepts);
  CHECK(compileFilter("", 1, 0).size() == 1);
}
