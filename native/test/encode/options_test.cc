#include "encode/options.h"

#include "base/error.h"
#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

using W = WireType;

constexpr auto kIpfixFormat = EncoderSpec::Format::ipfix;
constexpr auto kV9 = EncoderSpec::Format::netflow9;
constexpr uint32_t kSeconds = 1795228155;

struct Units {
  explicit Units(size_t octets = 2000, size_t units = 8)
      : bytes(octets), ends(units), records(units), dataRecords(units) {}
  UnitBuffer buffer() { return {bytes, ends, records, dataRecords}; }
  std::string hex(const EncodeResult& result) { return hexOf(std::span(bytes).first(result.bytes)); }
  Bytes bytes;
  std::vector<uint32_t> ends, records, dataRecords;
};

std::string refusal(EncoderSpec::Format format, const OptionsTemplate& layout, const OptionsRow& row) {
  Units units;
  try {
    OptionsEncoder(format, 1, 1400).records(layout, {&row, 1}, 0, kSeconds, units.buffer());
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_INTERNAL");
    return error.what();
  }
  return "";
}

// One field behind a scope of one octet: its wire form.
std::string valueHex(W type, uint16_t length, const OptionsValue& value) {
  Units units;
  const OptionsTemplate layout{300, 1, {{149, 0, 1, W::unsigned8}, {1, 0, length, type}}};
  OptionsEncoder encoder(kIpfixFormat, 1, 65535);
  const std::vector<OptionsRow> rows = {{uint64_t{9}, value}};
  const EncodeResult result = encoder.records(layout, rows, 0, kSeconds, units.buffer());
  REQUIRE(result.records == 1);
  REQUIRE(result.units == 1);
  return units.hex(result).substr(2 * 21);
}

}  // namespace

TEST_CASE("options: golden IPFIX templates, one set each") {
  OptionsEncoder encoder(kIpfixFormat, 0x01020304, 1400);
  const OptionsTemplate statistics{
      300, 2, {{149, 0, 4, W::unsigned32}, {143, 0, 4, W::unsigned32}, {164, 0, 8, W::unsigned64}}};
  const OptionsTemplate types{301, 1, {{346, 0, 4, W::unsigned32}, {5, 32473, 65535, W::string}}};
  Units units;
  const EncodeResult result =
      encoder.templates(std::vector{statistics, types}, kSeconds, units.buffer());
  CHECK(result.units == 1);
  CHECK(result.dataRecords == 0);
  CHECK(units.dataRecords[0] == 0);
  CHECK(units.hex(result) ==
        hexOf(bytesOf("000a 003c 6b0101fb 00000000 01020304"
                      "0003 0016 012c 0003 0002 0095 0004 008f 0004 00a4 0008"
                      "0003 0016 012d 0002 0001 015a 0004 8005 ffff 00007ed9")));
}

TEST_CASE("options: golden NetFlow v9 template and record, lengths in octets, padded") {
  OptionsEncoder encoder(kV9, 7, 1400);
  const OptionsTemplate sampling{
      260, 1, {{1, 0, 4, W::unsigned32}, {34, 0, 4, W::unsigned32}, {35, 0, 1, W::unsigned8}}};
  Units units;
  EncodeResult result = encoder.templates(std::vector{sampling}, kSeconds, units.buffer());
  CHECK(units.hex(result) == hexOf(bytesOf("0009 0001 00000000 6b0101fb 00000000 00000007"
                                           "0001 0018 0104 0004 0008 0001 0004 0022 0004 0023 0001 0000")));
  const std::vector<OptionsRow> rows = {{uint64_t{7}, 100.0, 2.0}, {uint64_t{8}, 1.0, 0.0}};
  result = encoder.records(sampling, rows, 0, kSeconds, units.buffer());
  CHECK(result.records == 2);
  CHECK(units.dataRecords[0] == 2);
  CHECK(units.records[0] == 0);
  CHECK(units.hex(result) ==
        hexOf(bytesOf("0009 0002 00000000 6b0101fb 00000000 00000007"
                      "0104 0018 00000007 00000064 02 00000008 00000001 00 0000")));
}

TEST_CASE("options: values of every type") {
  CHECK(valueHex(W::unsigned8, 1, 300.0) == "ff");
  CHECK(valueHex(W::unsigned8, 1, -1.0) == "00");
  CHECK(valueHex(W::unsigned64, 3, 66051.9) == "010203");
  CHECK(valueHex(W::unsigned64, 3, uint64_t{1} << 24) == "ffffff");
  CHECK(valueHex(W::unsigned64, 8, UINT64_MAX) == "ffffffffffffffff");
  CHECK(valueHex(W::unsigned64, 8, 1e300) == "ffffffffffffffff");
  CHECK(valueHex(W::boolean, 1, 0.0) == "02");
  CHECK(valueHex(W::boolean, 1, uint64_t{1}) == "01");
  CHECK(valueHex(W::float64, 8, 111.0) == "405bc00000000000");
  CHECK(valueHex(W::float64, 4, uint64_t{111}) == "42de0000");
  CHECK(valueHex(W::ipv4Address, 4, "192.0.2.1") == "c0000201");
  CHECK(valueHex(W::ipv6Address, 16, "2001:db8::1") == "20010db8000000000000000000000001");
  CHECK(valueHex(W::macAddress, 6, "02:00:00:ab:CD:ef") == "020000abcdef");
  CHECK(valueHex(W::dateTimeSeconds, 4, 1795228150123.0) == "6b0101f6");
  CHECK(valueHex(W::dateTimeMilliseconds, 8, 1795228150123.0) == "000001a1fbefa96b");
  CHECK(valueHex(W::dateTimeMicroseconds, 8, uint64_t{500}) == "83aa7e8080000000");
  CHECK(valueHex(W::dateTimeNanoseconds, 8, 0.5) == "83aa7e800020c49c");
  CHECK(valueHex(W::octetArray, 65535, "160007") == "03160007");
  CHECK(valueHex(W::octetArray, 4, "160007") == "16000700");
  CHECK(valueHex(W::octetArray, 2, "160007") == "0000");  // octets are never cut
  CHECK(valueHex(W::string, 65535, "") == "00");
  CHECK(valueHex(W::string, 65535, "a\xff") == "0461efbfbd");
  CHECK(valueHex(W::string, 4, "eth") == "65746800");
  CHECK(valueHex(W::string, 4, "abc\xc3\xbc") == "61626300");  // not half of the u umlaut
  CHECK(valueHex(W::string, 65535, std::string(255, 'x')).substr(0, 8) == "ff00ff78");
}

TEST_CASE("options: cut texts are counted, rows go on in the next message and the next call") {
  const OptionsTemplate names{400, 1, {{10, 0, 4, W::unsigned32}, {82, 0, 8, W::string}}};
  std::vector<OptionsRow> rows;
  for (uint64_t i = 0; i < 20; i++) rows.push_back({i, i == 3 ? "a-very-long-name" : "eth0"});
  OptionsEncoder encoder(kIpfixFormat, 1, 16 + 4 + 3 * 12 + 5);
  uint32_t first = 0, data = 0, truncated = 0;
  while (first < 20) {
    Units units(2 * 61, 2);
    const EncodeResult result = encoder.records(names, rows, first, kSeconds, units.buffer());
    REQUIRE(result.records > 0);
    CHECK(result.unencodable == 0);
    for (uint32_t unit = 0; unit < result.units; unit++) {
      const uint32_t start = unit == 0 ? 0 : units.ends[unit - 1];
      CHECK(units.ends[unit] - start == 20 + 12 * units.dataRecords[unit]);
      CHECK(units.dataRecords[unit] <= 3);
      CHECK(loadBe32(&units.bytes[start + 20]) == first);
      first += units.dataRecords[unit];
    }
    data += result.dataRecords;
    truncated += result.truncated;
  }
  CHECK(data == 20);
  CHECK(truncated == 1);
}

TEST_CASE("options: what fits no message is unencodable and consumed") {
  const OptionsTemplate names{400, 1, {{10, 0, 4, W::unsigned32}, {82, 0, 65535, W::string}}};
  const std::vector<OptionsRow> rows = {
      {uint64_t{1}, "short"}, {uint64_t{2}, std::string(100, 'x')}, {uint64_t{3}, "end"}};
  OptionsEncoder encoder(kIpfixFormat, 1, 60);
  Units units;
  EncodeResult result = encoder.records(names, rows, 0, kSeconds, units.buffer());
  CHECK(result.records == 3);
  CHECK(result.unencodable == 1);
  CHECK(result.dataRecords == 2);
  for (uint32_t unit = 0; unit < result.units; unit++) CHECK(units.ends[unit] <= (unit + 1) * 60);
  encoder.setMessageSize(30);
  CHECK(encoder.templates(std::vector{names}, kSeconds, units.buffer()).unencodable == 1);
  Units none(0, 0);
  CHECK(encoder.records(names, rows, 0, kSeconds, none.buffer()).records == 0);
}

TEST_CASE("options: templates that need two messages get them") {
  OptionsEncoder encoder(kIpfixFormat, 1, 60);
  const OptionsTemplate layout{
      300, 1, {{149, 0, 4, W::unsigned32}, {41, 0, 8, W::unsigned64}, {42, 0, 8, W::unsigned64}}};
  Units units;
  const EncodeResult result = encoder.templates(std::vector{layout, layout, layout}, kSeconds, units.buffer());
  CHECK(result.units == 2);
  CHECK(units.ends[0] == 16 + 2 * 22);
  CHECK(units.ends[1] == 16 + 2 * 22 + 16 + 22);
}

TEST_CASE("options: what a format has no words for, and values of another type, are refused") {
  const OptionsRow row = {1.0};
  const auto field = [](uint16_t id, uint32_t enterprise, uint16_t length, W type) {
    return OptionsTemplate{300, 1, {{id, enterprise, length, type}}};
  };
  CHECK(refusal(kIpfixFormat, field(1, 0, 4, W::unsigned32), row) == "");
  CHECK(refusal(kIpfixFormat, field(0, 0, 4, W::unsigned32), row) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 5, W::unsigned32), row) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 2, W::signed16), row) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 0, W::signed16), row) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 6, W::float64), row) != "");
  CHECK(refusal(kIpfixFormat, {255, 1, {{1, 0, 4, W::unsigned32}}}, row) != "");
  CHECK(refusal(kIpfixFormat, {300, 0, {{1, 0, 4, W::unsigned32}}}, row) != "");
  CHECK(refusal(kIpfixFormat, {300, 2, {{1, 0, 4, W::unsigned32}}}, row) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 4, W::unsigned32), {}) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 4, W::unsigned32), {"text"}) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 4, W::ipv4Address), {"::1"}).find("0.1") != std::string::npos);
  CHECK(refusal(kIpfixFormat, field(1, 0, 6, W::macAddress), {"02-00-00-00-00-01"}) != "");
  CHECK(refusal(kIpfixFormat, field(1, 0, 4, W::octetArray), {"123"}) != "");
  CHECK(refusal(kV9, field(40000, 0, 4, W::unsigned32), row) == "");
  CHECK(refusal(kV9, field(1, 35632, 4, W::unsigned32), row) != "");
  CHECK(refusal(kV9, field(1, 0, 65535, W::string), {"text"}) != "");
  CHECK_THROWS_AS(OptionsEncoder(EncoderSpec::Format::json, 1, 1400), Error);
}
