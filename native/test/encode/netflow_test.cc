#include "base/error.h"
#include "encode/encode_fixture.h"
#include "encode/message_encoder.h"
#include "encode/netflow9.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr auto kV9 = EncoderSpec::Format::netflow9;
constexpr auto kV5 = EncoderSpec::Format::netflow5;
constexpr uint64_t kStartMs = 1795228100000;  // 50 s before the sample flow, 55 s before the export

EncoderSpec netflowSpec(EncoderSpec::Format format, std::vector<EncoderField> fields4,
                        std::vector<EncoderField> fields6 = {}) {
  EncoderSpec spec = wireSpec(std::move(fields4), std::move(fields6));
  spec.format = format;
  spec.biflow = false;
  spec.startMs = kStartMs;
  spec.observationDomain = 0x01020304;
  return spec;
}

std::string refusal(const EncoderSpec& spec) {
  try {
    makeEncoder(spec, {}, table());
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_TEMPLATE");
    return error.what();
  }
  return "";
}

FlowRecord sampleFlow() {
  FlowRecord record = sampleRecord4();
  record.hot.endNs = record.hot.startNs + 1500000000;
  record.hot.tcpFlags[0] = 0x1b;
  record.hot.tcpFlags[1] = 0x12;
  record.hot.tos[0] = 0xb8;
  record.link.interface[1] = 70000;
  return record;
}

}  // namespace

TEST_CASE("netflow9: golden packet, uniflows of both IP versions, sets padded to four octets") {
  const auto encoder = makeEncoder(
      netflowSpec(kV9, {wireField(kSource4, 4), wireField(kPackets, 4), wireField(kProtocol, 1), wireField(kOpaque, 2)},
                  {wireField(kSource6, 16), wireField(kName, 3)}),
      {}, table());
  TestBatch batch;
  batch.records = {sampleRecord4(), sampleRecord6()};
  batch.records[1].hot.packets[1] = 0;
  opaqueRef(batch.records[0]) = batch.put("\xab\xcd");
  nameRef(batch.records[1]) = batch.put("gr\xc3\xbc");
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.dataRecords == 3);
  CHECK(encoded.result.truncated == 1);
  REQUIRE(encoded.units.size() == 1);
  CHECK(hexOf(encoded.bytes) ==
        hexOf(bytesOf("0009 0003 0000d6d8 6b0101fb 00000000 01020304"
                      "0100 001c c0000201 00000063 06 abcd  c6336407 00000007 06 abcd 0000"
                      "0101 0018 20010db8000000000000000000000001 677200 00")));
  CHECK(encoder->sequence() == 1);  // packets, not records
  CHECK(loadBe32(&encodeOnce(*encoder, batch.view()).units[0][12]) == 1);
}

TEST_CASE("netflow9: golden template packet, ntop's elements from 57472 on") {
  const auto encoder = makeEncoder(netflowSpec(kV9, {wireField(kSource4, 4), wireField(kOpaque, 8)},
                                               {wireField(kSource6, 16), wireField(kStartMilliseconds, 8)}),
                                   {}, table());
  Bytes out(100);
  std::vector<uint32_t> ends(2), none(2);
  const EncodeResult result = encoder->templates(1795228155, {out, ends, none, none});
  CHECK(result.units == 1);
  out.resize(result.bytes);
  CHECK(hexOf(out) == hexOf(bytesOf("0009 0002 0000d6d8 6b0101fb 00000000 01020304"
                                    "0000 0010 0100 0002 0008 0004 e087 0008"
                                    "0000 0010 0101 0002 001b 0010 0098 0008")));
  CHECK(encoder->sequence() == 1);  // template packets count
}

TEST_CASE("netflow9: what it has no words for is refused by name") {
  CHECK(refusal(netflowSpec(kV9, {wireField(kName, 65535)})).find("userName") != std::string::npos);
  CHECK(refusal(netflowSpec(kV9, {wireField(kOwnNumber, 8)})).find("ownNumber") != std::string::npos);
  CHECK(refusal(netflowSpec(kV9, {wireField(kReverseOctets, 8)})).find("reverseOctetDeltaCount") != std::string::npos);
  CHECK(refusal(netflowSpec(kV9, {wireField(kSource4, 3)})).find("sourceIPv4Address") != std::string::npos);
  CHECK(refusal(netflowSpec(kV9, {wireField(kName, 16), wireField(kOpaque, 4)})) == "");
  EncoderSpec biflow = netflowSpec(kV9, {wireField(kSource4, 4)});
  biflow.biflow = true;
  CHECK(refusal(biflow).find("biflow") != std::string::npos);
  biflow.format = kV5;
  CHECK(refusal(biflow).find("biflow") != std::string::npos);
}

TEST_CASE("netflow9: messages keep to their size, padding included") {
  std::mt19937 random(3);
  EncoderSpec spec = netflowSpec(kV9, {wireField(kSource4, 4), wireField(kProtocol, 1)},
                                 {wireField(kSource6, 16), wireField(kProtocol, 1), wireField(kSourcePort, 2)});
  TestBatch batch;
  for (int i = 0; i < 300; i++) batch.records.push_back(randomRecord(random));
  for (spec.messageSize = 60; spec.messageSize < 140; spec.messageSize++) {
    CAPTURE(spec.messageSize);
    const Encoded encoded = encodeOnce(*makeEncoder(spec, {}, table()), batch.view());
    CHECK(encoded.result.records == 300);
    CHECK(encoded.result.unencodable == 0);
    uint32_t packet = 0, records = 0;
    for (const Bytes& unit : encoded.units) {
      CHECK(unit.size() <= spec.messageSize);
      CHECK(unit.size() % 4 == 0);
      CHECK(loadBe32(&unit[12]) == packet++);
      records += loadBe16(&unit[2]);
    }
    CHECK(records == encoded.result.dataRecords);
  }
}

TEST_CASE("netflow: uptime counts from the start and wraps after 49.7 days") {
  CHECK(sysUptime(1795228155, kStartMs) == 55000);
  CHECK(sysUptime(1795228100, kStartMs + 1) == 0);
  CHECK(sysUptime(1795228100 + 4294968, kStartMs) == 704);
}

TEST_CASE("netflow5: golden packet") {
  EncoderSpec spec = netflowSpec(kV5, {wireField(kSource4, 4)});
  spec.samplingInterval = 100;
  spec.samplingMode = 2;
  TestBatch batch;
  batch.records = {sampleFlow(), sampleRecord6(), sampleFlow()};
  batch.records[2].hot.packets[1] = 0;
  batch.records[2].hot.octets[0] = uint64_t{1} << 40;
  batch.records[2].hot.key.protocol = 1;
  batch.records[2].hot.key.port[0] = batch.records[2].hot.key.port[1] = 0;
  batch.records[2].link.icmpType = 8;
  batch.records[2].link.icmpCode = 1;
  const auto encoder = makeEncoder(spec, {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.records == 3);
  CHECK(encoded.result.dataRecords == 3);
  CHECK(encoded.result.unencodable == 1);
  REQUIRE(encoded.units.size() == 1);
  CHECK(hexOf(encoded.bytes) ==
        hexOf(bytesOf("0005 0003 0000d6d8 6b0101fb 00000000 00000000 00 04 8064"
                      "c0000201 c6336407 00000000 0003 ffff 00000063 0001e240 0000c3cb 0000c9a7 9c40 01bb"
                      "00 1b 06 b8 0000 0000 00 00 0000"
                      "c6336407 c0000201 00000000 ffff 0003 00000007 00000309 0000c3cb 0000c9a7 01bb 9c40"
                      "00 12 06 00 0000 0000 00 00 0000"
                      "c0000201 c6336407 00000000 0003 ffff 00000063 ffffffff 0000c3cb 0000c9a7 0000 0801"
                      "00 1b 01 b8 0000 0000 00 00 0000")));
  CHECK(encoder->sequence() == 3);
  Bytes out(100);
  std::vector<uint32_t> ends(2), none(2);
  CHECK(encoder->templates(1, {out, ends, none, none}).units == 0);
}

TEST_CASE("netflow5: at most 30 records a packet, no sampling said when there is none, the sequence counts flows") {
  TestBatch batch;
  batch.records.assign(50, sampleFlow());
  EncoderSpec spec = netflowSpec(kV5, {wireField(kSource4, 4)});
  spec.messageSize = 9000;
  const auto encoder = makeEncoder(spec, {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  REQUIRE(encoded.units.size() == 4);
  uint32_t sequence = 0;
  for (const Bytes& unit : encoded.units) {
    CHECK(loadBe16(&unit[22]) == 0);
    CHECK(loadBe32(&unit[16]) == sequence);
    sequence += loadBe16(&unit[2]);
  }
  CHECK(encoded.units[0].size() == 24 + 30 * 48);
  CHECK(sequence == 100);
  encoder->reset();
  encoder->setMessageSize(24 + 3 * 48 + 47);
  uint32_t first = 0, flows = 0;
  while (first < 50) {
    const Encoded some = encodeOnce(*encoder, batch.view(), 2 * 216, 3, first);
    REQUIRE(some.result.records > 0);
    for (const Bytes& unit : some.units) CHECK(unit.size() <= 24 + 3 * 48);
    first += some.result.records;
    flows += some.result.dataRecords;
  }
  CHECK(flows == 100);
  CHECK(encoder->sequence() == 100);
  CHECK(encodeOnce(*encoder, batch.view(), 0).result.records == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 1000, 0).result.records == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 100, 2).result.unencodable == 50);  // a biflow needs two records
  spec.messageSize = 71;
  CHECK(refusal(spec).find("72") != std::string::npos);
}
