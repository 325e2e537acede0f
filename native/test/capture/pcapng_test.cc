// pcapng: sections, interfaces, packet blocks, time resolutions, damage.
#include <doctest/doctest.h>

#include "base/error.h"
#include "capture/capture_bytes.h"
#include "capture/file_format.h"
#include "capture/pcapng.h"

using namespace weir;
using namespace weir::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Octets flags(bool big, uint32_t value) {
  return Writer{big, {}}.u16(1).u16(3).octets({'h', 'e', 'y', 0}).u16(2).u16(4).u32(value).u16(0).u16(0).out;
}

Octets resolution(bool big, uint8_t value, int64_t offset = 0) {
  Writer w{big, {}};
  w.u16(9).u16(1).u8(value).pad();
  if (offset != 0) w.u16(14).u16(8).u64(static_cast<uint64_t>(offset));
  return w.u16(0).u16(0).out;
}

}  // namespace

TEST_CASE("sections of both byte orders with interfaces of their own") {
  Octets file;
  for (const bool big : {false, true, false}) {
    Writer w{big, {}};
    w.section().interface(big ? 101 : 1).interface(276, 0, resolution(big, 9));
    w.packet(1, 1'600'000'000'123'456'789, frameOf(33, 5), 99, flags(big, 1));
    w.packet(0, 1'600'000'000'000'001, frameOf(60, 6), 60, flags(big, 2)).packet(0, 5, frameOf(4, 6), 4);
    file.insert(file.end(), w.out.begin(), w.out.end());
  }
  for (const size_t burst : {1, 2, 64}) {
    const Reading reading = readFile(file, {.observationPoint = 9}, burst);
    CHECK(reading.readErrors == 0);
    CHECK(reading.notices.empty());
    REQUIRE(reading.frames.size() == 9);
    CHECK(reading.wireOctets == 3 * 163);
    for (size_t i = 0; i < 9; i += 3) {
      const SeenFrame* seen = &reading.frames[i];
      CHECK(seen[0].frame.linkType == LinkType::linuxCooked2);
      CHECK(seen[0].frame.ns == 1'600'000'000'123'456'789);
      CHECK(seen[0].frame.captured == 33);
      CHECK(seen[0].frame.wire == 99);
      CHECK(seen[0].data == frameOf(33, 5));
      CHECK(seen[0].frame.direction == FrameDirection::received);
      CHECK(seen[0].frame.observationPoint == 9);
      CHECK(seen[1].frame.linkType == (i == 3 ? LinkType::raw : LinkType::ethernet));
      CHECK(seen[1].frame.ns == 1'600'000'000'000'001'000);
      CHECK(seen[1].frame.direction == FrameDirection::sent);
      CHECK(seen[2].frame.direction == FrameDirection::unknown);
    }
  }
}

TEST_CASE("obsolete and simple packet blocks") {
  Writer w;
  w.section().interface(1, 50);
  w.block(2, w.fresh().u16(0).u16(7).u32(0).u32(3'000'000).u32(10).u32(70).octets(frameOf(10, 1)).pad()
                 .u16(2).u16(4).u32(2).out);
  w.block(3, w.fresh().u32(70).octets(frameOf(50, 2)).out);
  w.block(3, w.fresh().u32(9).octets(frameOf(9, 3)).out);
  const Reading reading = readFile(w.out);
  REQUIRE(reading.frames.size() == 3);
  CHECK(reading.frames[0].frame.ns == 3'000'000'000);
  CHECK(reading.frames[0].frame.captured == 10);
  CHECK(reading.frames[0].frame.direction == FrameDirection::sent);
  CHECK(reading.frames[1].frame.captured == 50);  // cut by the interface's snap length
  CHECK(reading.frames[1].frame.wire == 70);
  CHECK(reading.frames[1].frame.ns == 3'000'000'000);  // has no time: the previous one's
  CHECK(reading.frames[2].data == frameOf(9, 3));
}

TEST_CASE("unknown blocks of any size are skipped") {
  Writer w;
  w.section().block(0x0bad, frameOf(3, 1)).interface(1);
  w.block(5, frameOf(9'000'000, 1)).packet(0, 1, frameOf(60, 1), 60);
  w.block(0x80000001, {});
  for (const bool zipped : {false, true}) {
    const Reading reading = readFile(zipped ? gzip(w.out) : w.out);
    CHECK(reading.frames.size() == 1);
    CHECK(reading.readErrors == 0);
  }
  w.out.resize(w.out.size() - 2);
  CHECK(readFile(w.out).readErrors == 1);
  Writer cut;
  cut.section().interface(1).packet(0, 1, frameOf(60, 1), 60).u32(5).u32(1'000'000).octets(frameOf(500, 1));
  const Reading reading = readFile(cut.out);
  CHECK(reading.frames.size() == 1);
  CHECK(reading.readErrors == 1);
  REQUIRE(reading.notices.size() == 1);
  CHECK(contains(reading.notices[0].text, "ends inside a block"));
}

TEST_CASE("timestamps are converted exactly") {
  CHECK(pcapngTimeNs(1'700'000'000'123'456, 6, 0) == 1'700'000'000'123'456'000);
  CHECK(pcapngTimeNs(1'700'000'000, 0, 0) == 1'700'000'000'000'000'000);
  CHECK(pcapngTimeNs(1'700'000'000'123'456'789, 9, 0) == 1'700'000'000'123'456'789);
  CHECK(pcapngTimeNs(17'000'000'001'234'567'899u, 10, 0) == 1'700'000'000'123'456'789);
  CHECK(pcapngTimeNs(5'999'999'999'999, 12, 0) == 5'999'999'999);
  CHECK(pcapngTimeNs(UINT64_MAX, 127, 0) == 0);
  CHECK(pcapngTimeNs(3, 0x81, 0) == 1'500'000'000);
  CHECK(pcapngTimeNs((1'700'000'000ull << 30) + 1, 0x80 | 30, 0) == 1'700'000'000'000'000'000);
  CHECK(pcapngTimeNs((1'700'000'000ull << 32) + (1ull << 31), 0x80 | 32, 0) == 1'700'000'000'500'000'000);
  CHECK(pcapngTimeNs(UINT64_MAX, 0xff, 0) == 0);
  CHECK(pcapngTimeNs(10'000'000, 6, -9) == 1'000'000'000);
  CHECK(pcapngTimeNs(10'000'000, 6, -11) == 0);
  CHECK(pcapngTimeNs(UINT64_MAX, 6, 0) == kLatestNs);
  CHECK(pcapngTimeNs(UINT64_MAX, 0, INT64_MAX) == kLatestNs);
  CHECK(pcapngTimeNs(0, 0, INT64_MIN) == 0);
}

TEST_CASE("interfaces keep their resolution and offset") {
  Writer w;
  w.section().interface(1, 0, resolution(false, 3, 100)).interface(1, 0, resolution(false, 0x80 | 20));
  w.interface(1, 0, resolution(false, 6, -5));
  w.packet(0, 2'500, frameOf(20, 1), 20).packet(1, 3u << 19, frameOf(20, 1), 20);
  w.packet(2, 6'000'001, frameOf(20, 1), 20);
  w.packet(2, 1, frameOf(20, 1), 20).packet(1, UINT64_MAX, frameOf(20, 1), 20);
  const Reading reading = readFile(w.out);
  REQUIRE(reading.frames.size() == 5);
  CHECK(reading.frames[0].frame.ns == 102'500'000'000);
  CHECK(reading.frames[1].frame.ns == 1'500'000'000);
  CHECK(reading.frames[2].frame.ns == 1'000'001'000);
  CHECK(reading.frames[3].frame.ns == 0);
  CHECK(reading.frames[4].frame.ns == kLatestNs);
}

TEST_CASE("an unsupported link type of one interface is said once; its frames are handed over") {
  Writer w;
  w.section().interface(127).interface(1).packet(0, 1, frameOf(20, 1), 20).packet(1, 1, frameOf(20, 1), 20);
  w.section().interface(127).packet(0, 1, frameOf(20, 1), 20);
  for (const char* filter : {"", "udp"}) {
    const Reading reading = readFile(w.out, {.filter = filter});
    CHECK(reading.frames.size() == (*filter == 0 ? 3 : 2));
    CHECK(reading.filtered == (*filter == 0 ? 0 : 1));
    CHECK(static_cast<int>(reading.frames[0].frame.linkType) == 127);
    REQUIRE(reading.notices.size() == 1);
    CHECK(reading.notices[0].code == "WEIR_LINKTYPE");
    CHECK(contains(reading.notices[0].text, "127 (IEEE802_11_RADIO"));
    CHECK(reading.readErrors == 0);
  }
}

TEST_CASE("damage ends the file after what was readable") {
  Writer good;
  good.section().interface(1, 65535).packet(0, 1, frameOf(60, 1), 60);
  const auto damagedBy = [&good](const Octets& more) {
    Octets file = good.out;
    file.insert(file.end(), more.begin(), more.end());
    const Reading reading = readFile(file);
    CHECK(reading.frames.size() == 1);
    CHECK(reading.readErrors == 1);
    REQUIRE(reading.notices.size() == 1);
    CHECK(reading.notices[0].code == "WEIR_CAPTURE_FORMAT");
    CHECK(contains(reading.notices[0].text, "damaged at octet " + std::to_string(good.out.size())));
    return reading.notices[0].text;
  };
  const Octets next = Writer{}.packet(0, 2, frameOf(60, 1), 60).out;
  CHECK(contains(damagedBy(Octets(next.begin(), next.end() - 1)), "ends inside a record"));
  CHECK(contains(damagedBy({1, 2, 3}), "ends inside a record"));
  CHECK(contains(damagedBy(Writer{}.packet(4, 2, frameOf(60, 1), 60).out), "interface 4 of 1"));
  CHECK(contains(damagedBy(Writer{}.u32(6).u32(8).u64(0).out), "length of 8"));
  CHECK(contains(damagedBy(Writer{}.u32(6).u32(33).octets(frameOf(40, 0)).out), "length of 33"));
  Octets tail = next;
  tail.back() = 9;
  CHECK(contains(damagedBy(tail), "both ends"));
  const Octets lie = Writer{}.block(6, Writer{}.u32(0).u64(0).u32(61).u32(61).octets(frameOf(60, 1)).out).out;
  CHECK(contains(damagedBy(lie), "61 captured octets"));
  const Octets absurd =
      Writer{}.block(6, Writer{}.u32(0).u64(0).u32(262'145).u32(262'145).octets(frameOf(262'148, 1)).out).out;
  CHECK(contains(damagedBy(absurd), "262145 captured octets"));
  CHECK(contains(damagedBy(Writer{}.block(0x0a0d0d0a, frameOf(16, 0)).out), "byte-order"));
  const Octets version2 = Writer{}.u32(0x1a2b3c4d).u16(2).u16(0).u64(0).out;
  CHECK(contains(damagedBy(Writer{}.block(0x0a0d0d0a, version2).out), "version 2"));
}

TEST_CASE("a file that only begins like pcapng is refused") {
  CHECK_THROWS_AS(readFile(Writer{}.block(0x0a0d0d0a, frameOf(16, 0)).out), Error);
  CHECK_THROWS_AS(readFile(Writer{}.u32(0x0a0d0d0a).u32(4).u32(0x1a2b3c4d).octets(frameOf(40, 0)).out), Error);
}
