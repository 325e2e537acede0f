// Classic pcap: every magic, damage of every kind, what open() refuses.
#include <doctest/doctest.h>

#include "base/error.h"
#include "capture/capture_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

std::string codeOfOpen(const Octets& octets, std::string* text = nullptr) {
  try {
    readFile(octets);
  } catch (const Error& error) {
    if (text != nullptr) *text = error.what();
    return error.code();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("pcap in both byte orders and resolutions") {
  for (const bool big : {false, true}) {
    for (const bool nanos : {false, true}) {
      CAPTURE(big);
      CAPTURE(nanos);
      Writer w{big, {}};
      w.pcapHeader(nanos ? 0xa1b23c4d : 0xa1b2c3d4);
      w.record(1700000000, 123456, frameOf(60, 7), 60).record(1700000001, 999999, frameOf(40, 8), 1514);
      const Reading reading = readFile(w.out, {.observationPoint = 3});
      REQUIRE(reading.frames.size() == 2);
      const Frame& first = reading.frames[0].frame;
      CHECK(first.ns == 1'700'000'000'000'000'000ull + (nanos ? 123'456u : 123'456'000u));
      CHECK(first.captured == 60);
      CHECK(first.wire == 60);
      CHECK(first.linkType == LinkType::ethernet);
      CHECK(first.observationPoint == 3);
      CHECK(first.direction == FrameDirection::unknown);
      CHECK(first.vlanTpid == 0);
      CHECK(first.gsoHeader == 0);
      CHECK(reading.frames[0].data == frameOf(60, 7));
      CHECK(reading.frames[1].frame.captured == 40);
      CHECK(reading.frames[1].frame.wire == 1514);
      CHECK(reading.frames[1].frame.ns == 1'700'000'001'000'000'000ull + (nanos ? 999'999u : 999'999'000u));
      CHECK(reading.counted == 2);
      CHECK(reading.wireOctets == 1574);
      CHECK(reading.readErrors == 0);
      CHECK(reading.notices.empty());
    }
  }
}

TEST_CASE("the FCS length in the upper bits of the link type is masked") {
  const Reading reading = readFile(Writer{}.pcapHeader(0xa1b2c3d4, 0x54000001).record(1, 0, frameOf(64, 1), 64).out);
  REQUIRE(reading.frames.size() == 1);
  CHECK(reading.frames[0].frame.linkType == LinkType::ethernet);
}

TEST_CASE("Kuznetzov's pcap has longer record headers that know the direction") {
  for (const bool big : {false, true}) {
    Writer w{big, {}};
    w.pcapHeader(0xa1b2cd34);
    for (const uint8_t packetType : {uint8_t{0}, uint8_t{4}}) {
      w.u32(5).u32(6).u32(20).u32(20).u32(2).u16(0x0800).u8(packetType).u8(0).octets(frameOf(20, packetType));
    }
    const Reading reading = readFile(w.out);
    REQUIRE(reading.frames.size() == 2);
    CHECK(reading.frames[0].frame.direction == FrameDirection::received);
    CHECK(reading.frames[1].frame.direction == FrameDirection::sent);
    CHECK(reading.frames[1].data == frameOf(20, 4));
    CHECK(reading.frames[1].frame.ns == 5'000'006'000);
  }
}

TEST_CASE("before version 2.3 the lengths stood in the other order") {
  Writer w;
  w.pcapHeader(0xa1b2c3d4, 1, 68, 2).u32(1).u32(0).u32(1000).u32(68).octets(frameOf(68, 1));
  const Reading reading = readFile(w.out);
  REQUIRE(reading.frames.size() == 1);
  CHECK(reading.frames[0].frame.captured == 68);
  CHECK(reading.frames[0].frame.wire == 1000);
}

TEST_CASE("lengths and times that lie") {
  Writer w;
  w.pcapHeader().record(7, 5'000'000, frameOf(50, 1), 20).record(UINT32_MAX, UINT32_MAX, frameOf(1, 1), 1);
  const Reading reading = readFile(w.out);
  REQUIRE(reading.frames.size() == 2);
  CHECK(reading.frames[0].frame.captured == 50);
  CHECK(reading.frames[0].frame.wire == 50);
  CHECK(reading.frames[0].frame.ns == 7'999'999'000);
  CHECK(reading.frames[1].frame.ns == 4'294'967'295'999'999'000);
}

TEST_CASE("the snap length shortens what is shown, not what is counted") {
  const Reading reading = readFile(Writer{}.pcapHeader().record(1, 0, frameOf(600, 9), 900).out, {.snapLength = 100});
  REQUIRE(reading.frames.size() == 1);
  CHECK(reading.frames[0].frame.captured == 100);
  CHECK(reading.frames[0].frame.wire == 900);
}

TEST_CASE("a truncated record ends the file after what was readable") {
  const Octets whole = Writer{}.pcapHeader().record(1, 0, frameOf(60, 1), 60).record(2, 0, frameOf(60, 2), 60).out;
  for (size_t cut = 1; cut < 76; cut++) {
    CAPTURE(cut);
    const Reading reading = readFile(Octets(whole.begin(), whole.end() - static_cast<long>(cut)));
    CHECK(reading.frames.size() == 1);
    CHECK(reading.readErrors == 1);
    REQUIRE(reading.notices.size() == 1);
    CHECK(reading.notices[0].level == FrameSource::Notice::warning);
    CHECK(reading.notices[0].code == "WEIR_CAPTURE_FORMAT");
    CHECK(contains(reading.notices[0].text, "damaged at octet 100"));
    CHECK(contains(reading.notices[0].text, "ends inside a record"));
    CHECK(contains(reading.notices[0].text, "weir-capture-"));
  }
}

TEST_CASE("an absurd captured length is corruption") {
  Writer w;
  w.pcapHeader(0xa1b2c3d4, 1, 200'000).record(1, 0, frameOf(60, 1), 60);
  const Octets good = w.out;
  w.u32(2).u32(0).u32(400'001).u32(400'001).octets(frameOf(500'000, 0));
  Reading reading = readFile(w.out);
  CHECK(reading.frames.size() == 1);
  CHECK(reading.readErrors == 1);
  REQUIRE(reading.notices.size() == 1);
  CHECK(contains(reading.notices[0].text, "400001"));
  // Twice the snap length is still believed.
  reading = readFile(Writer{false, good}.record(2, 0, frameOf(400'000, 3), 400'000).out);
  CHECK(reading.frames.size() == 2);
  CHECK(reading.readErrors == 0);
}

TEST_CASE("what is no capture is refused with its reason") {
  std::string text;
  CHECK(codeOfOpen({}, &text) == "WEIR_CAPTURE_FORMAT");
  CHECK(contains(text, "it is empty"));
  CHECK(codeOfOpen(frameOf(10, 'x'), &text) == "WEIR_CAPTURE_FORMAT");
  CHECK(contains(text, "only 10 octets"));
  CHECK(codeOfOpen(frameOf(100, 'x'), &text) == "WEIR_CAPTURE_FORMAT");
  CHECK(contains(text, "begins with 78787878"));
  Octets zstd = frameOf(100, 0);
  zstd[0] = 0x28, zstd[1] = 0xb5, zstd[2] = 0x2f, zstd[3] = 0xfd;
  CHECK(codeOfOpen(zstd, &text) == "WEIR_CAPTURE_FORMAT");
  CHECK(contains(text, "zstd"));
}

TEST_CASE("an unsupported link type is refused by number and name") {
  std::string text;
  CHECK(codeOfOpen(Writer{}.pcapHeader(0xa1b2c3d4, 127).out, &text) == "WEIR_LINKTYPE");
  CHECK(contains(text, "127 (IEEE802_11_RADIO"));
  CHECK(codeOfOpen(Writer{}.pcapHeader(0xa1b2c3d4, 60000).out, &text) == "WEIR_LINKTYPE");
  CHECK(contains(text, "60000"));
}

TEST_CASE("every supported link type is read") {
  for (const uint32_t type : {0u, 1u, 9u, 12u, 14u, 50u, 51u, 101u, 108u, 113u, 228u, 229u, 276u}) {
    CAPTURE(type);
    const Reading reading = readFile(Writer{}.pcapHeader(0xa1b2c3d4, type).record(1, 0, frameOf(30, 1), 30).out);
    REQUIRE(reading.frames.size() == 1);
    CHECK(static_cast<uint16_t>(reading.frames[0].frame.linkType) == type);
    CHECK(reading.notices.empty());
  }
}

TEST_CASE("a file without frames is a capture") {
  const Reading reading = readFile(Writer{}.pcapHeader().out);
  CHECK(reading.frames.empty());
  CHECK(reading.readErrors == 0);
  CHECK(reading.notices.empty());
}
