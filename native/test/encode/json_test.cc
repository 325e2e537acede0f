#include "encode/json.h"

#include <algorithm>

#include "base/error.h"
#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr auto kJson = EncoderSpec::Format::json;

std::string nameLine(std::string_view name) {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  nameRef(record) = batch.put(name);
  batch.records = {record};
  return linesOf(lineSpec(kJson, {{kName, "n"}}), batch);
}

}  // namespace

TEST_CASE("json: a golden line for each IP version") {
  const EncoderSpec spec = lineSpec(kJson, {{kStartMilliseconds, "flowStartMilliseconds"},
                                            {kSource4, "sourceIPv4Address"}, {kSource6, "sourceIPv6Address"},
                                            {kSourcePort, "sourceTransportPort"},
                                            {kOctets, "octetDeltaCount"}, {kReversePackets, "reversePacketDeltaCount"},
                                            {kSourceMac, "sourceMacAddress"}, {kFlag, "flag"}, {kReal, "mean"},
                                            {kName, "userName"}, {kOtherName, "interfaceName"}, {kOpaque, "opaque"},
                                            {kList, "list"}, {kInterface, ""}});
  TestBatch batch;
  batch.records = {sampleRecord4(), sampleRecord6()};
  otherNameRef(batch.records[0]) = batch.put("eth0");
  opaqueRef(batch.records[0]) = batch.put(std::string_view("\x01\x00\xfe", 3));
  nameRef(batch.records[1]) = batch.put("alice");
  batch.records[1].hot.fragmentFlags = 1;
  batch.records[1].hot.octets[0] = UINT64_MAX;
  batch.records[1].hot.octets[1] = 0;
  batch.records[1].link = {};
  CHECK(linesOf(spec, batch) ==
        "{\"flowStartMilliseconds\":\"2026-11-21T02:29:10.123Z\",\"sourceIPv4Address\":\"192.0.2.1\","
        "\"sourceTransportPort\":40000,\"octetDeltaCount\":123456,\"reversePacketDeltaCount\":7,"
        "\"sourceMacAddress\":\"02:00:00:ab:cd:ef\",\"flag\":false,\"mean\":111,\"interfaceName\":\"eth0\","
        "\"opaque\":\"0100fe\",\"list\":[63,64],\"ingressInterface\":3}\n"
        "{\"flowStartMilliseconds\":\"2026-11-21T02:29:10.123Z\",\"sourceIPv6Address\":\"2001:db8::1\","
        "\"sourceTransportPort\":40000,\"octetDeltaCount\":\"18446744073709551615\",\"reversePacketDeltaCount\":7,"
        "\"flag\":true,\"userName\":\"alice\",\"interfaceName\":\"\",\"list\":[63,64]}\n");
}

TEST_CASE("json: a record with nothing in it is still an object") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  CHECK(linesOf(lineSpec(kJson, {{kName, "n"}}), batch) == "{}\n");
}

TEST_CASE("json: times") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  EncoderSpec spec = lineSpec(kJson, {{kStartSeconds, "s"}, {kStartMilliseconds, "ms"}, {kStartMicroseconds, "us"},
                                      {kStartNanoseconds, "ns"}, {kInitTime, "init"}});
  FieldContext context;
  context.startNs = 1500000;
  CHECK(linesOf(spec, batch, context) ==
        "{\"s\":\"2026-11-21T02:29:10Z\",\"ms\":\"2026-11-21T02:29:10.123Z\",\"us\":\"2026-11-21T02:29:10.123456Z\","
        "\"ns\":\"2026-11-21T02:29:10.123456789Z\",\"init\":\"1970-01-01T00:00:00.001Z\"}\n");
  const std::string numbers =
      "{\"s\":1795228150,\"ms\":1795228150123,\"us\":1795228150123456,\"ns\":1795228150123456789}\n";
  spec.timeFormat = EncoderSpec::TimeFormat::milliseconds;
  CHECK(linesOf(spec, batch) == numbers);
  spec.timeFormat = EncoderSpec::TimeFormat::iso;
  spec.keyStyle = EncoderSpec::KeyStyle::nprobe;
  CHECK(linesOf(spec, batch) == numbers);
}

TEST_CASE("json: strings are escaped and well-formed") {
  CHECK(nameLine("a\"b\\c/d") == "{\"n\":\"a\\\"b\\\\c/d\"}\n");
  CHECK(nameLine(std::string_view("\0\x01\b\t\n\f\r\x1f\x7f", 9)) ==
        "{\"n\":\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\\u007f\"}\n");
  CHECK(nameLine("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa") == "{\"n\":\"\\u2028\\u2029\xe2\x80\xaa\"}\n");
  CHECK(nameLine("\xc3\xbc\xf0\x9f\x98\x80") == "{\"n\":\"\xc3\xbc\xf0\x9f\x98\x80\"}\n");
  CHECK(nameLine("x\xffy\xed\xa0\x80") == "{\"n\":\"x\xef\xbf\xbdy\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}\n");
  CHECK(nameLine("\xe2\x82") == "{\"n\":\"\xef\xbf\xbd\"}\n");
}

TEST_CASE("json: keys are escaped, long keys stay whole") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  const std::string longKey(100, 'k');
  CHECK(linesOf(lineSpec(kJson, {{kSourcePort, "a\"b"}, {kDestinationPort, longKey}}), batch) ==
        "{\"a\\\"b\":40000,\"" + longKey + "\":443}\n");
}

TEST_CASE("json: uniflows are two lines, each with its own view") {
  TestBatch batch;
  batch.records.assign(2, sampleRecord4());
  batch.records[1].hot.packets[0] = 0;
  EncoderSpec spec = lineSpec(kJson, {{kSource4, "s"}, {kOctets, "o"}, {kList, "l"}});
  spec.biflow = false;
  CHECK(linesOf(spec, batch) ==
        "{\"s\":\"192.0.2.1\",\"o\":123456,\"l\":[63,64]}\n{\"s\":\"198.51.100.7\",\"o\":777,\"l\":[50,51]}\n"
        "{\"s\":\"198.51.100.7\",\"o\":777,\"l\":[50,51]}\n");
  spec.fields4.push_back({kReverseOctets, "r", 0});
  CHECK_THROWS_AS(makeEncoder(spec, {}, table()), Error);
}

TEST_CASE("json: out and ends of any size lose and repeat nothing") {
  std::mt19937 random(11);
  EncoderSpec spec = lineSpec(kJson, {{kSource4, "s"}, {kSource6, "s6"}, {kOctets, "o"}, {kName, "n"}, {kList, "l"}});
  for (int round = 0; round < 200; round++) {
    spec.biflow = round % 2 == 0;
    TestBatch batch;
    for (size_t i = 0; i < 100; i++) {
      FlowRecord record = randomRecord(random);
      nameRef(record) = batch.put(std::string(random() % 40, random() % 4 == 0 ? '\x01' : 'x'));
      batch.records.push_back(record);
    }
    const std::string all = linesOf(spec, batch);
    const auto encoder = makeEncoder(spec, {}, table());
    std::string pieces;
    uint32_t first = 0;
    while (first < batch.records.size()) {
      const Encoded encoded = encodeOnce(*encoder, batch.view(), 700 + random() % 3000, 2 + random() % 10, first);
      REQUIRE(encoded.result.records > 0);
      REQUIRE(encoded.result.unencodable == 0);
      REQUIRE(encoded.result.units == encoded.result.dataRecords);
      for (const Bytes& unit : encoded.units) REQUIRE(unit.back() == '\n');
      first += encoded.result.records;
      pieces.append(encoded.bytes.begin(), encoded.bytes.end());
    }
    const bool equal = pieces == all;
    REQUIRE(equal);
    const bool counted = encoder->sequence() == static_cast<uint32_t>(std::count(all.begin(), all.end(), '\n'));
    REQUIRE(counted);
  }
}

TEST_CASE("json: out exactly as long as the line takes it, one octet less is too small") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  nameRef(record) = batch.put("alice");
  batch.records = {record, record};
  const auto encoder = makeEncoder(lineSpec(kJson, {{kName, "n"}}), {}, table());
  CHECK(encodeOnce(*encoder, batch.view(), 14).result.records == 1);
  CHECK(encodeOnce(*encoder, batch.view(), 28).result.records == 2);
  CHECK(encodeOnce(*encoder, batch.view(), 27).result.records == 1);
  const Encoded none = encodeOnce(*encoder, batch.view(), 13);
  CHECK(none.result.unencodable == 2);
  CHECK(none.result.records == 2);
  CHECK(none.result.units == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 100, 0).result.records == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 0).result.records == 0);
}

TEST_CASE("json: a text beyond the room for texts is cut between code points and counted") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  std::string text;
  while (text.size() < 70000) text += "\xe2\x82\xac";
  nameRef(record) = batch.put(text);
  batch.records = {record};
  const auto encoder = makeEncoder(lineSpec(kJson, {{kName, "n"}}), {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.truncated == 1);
  const std::string line(encoded.bytes.begin(), encoded.bytes.end());
  CHECK(line.size() == 6 + 65535 + 3);
  CHECK(line.substr(line.size() - 6) == "\xe2\x82\xac\"}\n");
}
