#include "encode/ipfix.h"
#include "encode/message_encoder.h"

#include "base/error.h"
#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

std::string codeOf(const EncoderSpec& spec) {
  try {
    makeEncoder(spec, {}, table());
  } catch (const Error& error) {
    CHECK(std::string(error.what()).size() > 20);
    return error.code();
  }
  return "";
}

// The only record of a template with these fields.
std::vector<Bytes> fieldsOf(const FlowRecord& record, const std::vector<EncoderField>& fields, TestBatch batch = {},
                            const FieldContext& context = {}) {
  batch.records.assign(1, record);
  const auto encoder = makeEncoder(wireSpec(fields, fields), context, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  REQUIRE(encoded.units.size() == 1);
  std::vector<uint16_t> lengths;
  for (const EncoderField& field : fields) lengths.push_back(field.wireLength);
  ReadMessage message = readMessage(encoded.units[0], {{256, lengths}, {257, lengths}});
  REQUIRE(message.records.size() == 1);
  return message.records[0].fields;
}

std::string timeField(uint32_t element, uint64_t ns, uint16_t length = 8) {
  FlowRecord record = sampleRecord4();
  record.hot.startNs = ns;
  return hexOf(fieldsOf(record, {wireField(element, length)})[0]);
}

}  // namespace

TEST_CASE("ipfix: golden message with a data set for each IP version") {
  EncoderSpec spec = wireSpec({wireField(kSource4, 4), wireField(kDestination4, 4), wireField(kSourcePort, 2),
                               wireField(kDestinationPort, 2), wireField(kProtocol, 1), wireField(kOctets, 8),
                               wireField(kReverseOctets, 4), wireField(kStartMilliseconds, 8), wireField(kName, 65535)},
                              {wireField(kSource6, 16), wireField(kDestination6, 16), wireField(kPackets, 8)});
  spec.observationDomain = 0x01020304;
  TestBatch batch;
  batch.records = {sampleRecord4(), sampleRecord6(), sampleRecord4()};
  nameRef(batch.records[0]) = batch.put("alice");
  const auto encoder = makeEncoder(spec, {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.records == 3);
  CHECK(encoded.result.dataRecords == 3);
  CHECK(encoded.result.truncated == 0);
  CHECK(encoded.result.unencodable == 0);
  REQUIRE(encoded.units.size() == 1);
  const Bytes golden = bytesOf(
      "000a 0089 6b01 01fb 00000000 01020304"
      "0100 004d"
      "c0000201 c6336407 9c40 01bb 06 000000000001e240 00000309 000001a1fbefa96b 05 616c696365"
      "c0000201 c6336407 9c40 01bb 06 000000000001e240 00000309 000001a1fbefa96b 00"
      "0101 002c"
      "20010db8000000000000000000000001 20010db8000000000000000000000007 0000000000000063");
  CHECK(hexOf(encoded.bytes) == hexOf(golden));
  CHECK(encoder->sequence() == 3);
}

TEST_CASE("ipfix: golden template message") {
  EncoderSpec spec = wireSpec({wireField(kSource4, 4), wireField(kOctets, 4), wireField(kReverseOctets, 8),
                               wireField(kOwnNumber, 8), wireField(kOpaque, 65535)},
                              {wireField(kSource6, 16)});
  spec.enterprise = 0x00012345;
  const auto encoder = makeEncoder(spec, {}, table());
  Bytes out(1400);
  std::vector<uint32_t> ends(2), none(2);
  EncodeResult result = encoder->templates(1795228155, {out, ends, none, none});
  CHECK(result.units == 1);
  CHECK(ends[0] == result.bytes);
  out.resize(result.bytes);
  CHECK(hexOf(std::span(out).subspan(16, 40)) ==
        hexOf(bytesOf("0002 0028 0100 0005"
                      "0008 0004  0001 0004  8001 0008 00007279  8005 0008 00012345  8007 ffff 00008b30")));
  CHECK(hexOf(std::span(out).subspan(56)) == hexOf(bytesOf("0002 000c 0101 0001 001b 0010")));
  CHECK(hexOf(std::span(out).first(16)) == hexOf(bytesOf("000a 0044 6b0101fb 00000000 00000001")));

  // Two messages where one is too short, none where a set does not fit at all.
  encoder->setMessageSize(60);
  Bytes two(1400);
  result = encoder->templates(1795228155, {two, ends, none, none});
  CHECK(result.units == 2);
  CHECK(ends[0] == 56);
  CHECK(ends[1] == 56 + 28);
  CHECK(loadBe16(&two[2]) == 56);
  CHECK(loadBe16(&two[56 + 2]) == 28);
  encoder->setMessageSize(40);
  result = encoder->templates(1795228155, {two, ends, none, none});
  CHECK(result.units == 1);
  CHECK(result.unencodable == 1);
  CHECK(result.bytes == 28);
}

TEST_CASE("ipfix: the sequence counts Data Records, wraps at 2^32, and starts again with a session") {
  TestBatch batch;
  batch.records.assign(5, sampleRecord4());
  EncoderSpec spec = wireSpec({wireField(kSource4, 4)});
  spec.messageSize = 16 + 4 + 2 * 4;
  MessageEncoder encoder(kIpfix, spec, {}, table());
  encoder.setSequence(0xfffffffe);
  const Encoded encoded = encodeOnce(encoder, batch.view());
  REQUIRE(encoded.units.size() == 3);
  CHECK(loadBe32(&encoded.units[0][8]) == 0xfffffffe);
  CHECK(loadBe32(&encoded.units[1][8]) == 0);
  CHECK(loadBe32(&encoded.units[2][8]) == 2);
  CHECK(encoder.sequence() == 3);
  // Templates carry the sequence and do not advance it.
  Bytes out(100);
  std::vector<uint32_t> ends(1), none(1);
  CHECK(encoder.templates(7, {out, ends, none, none}).units == 1);
  CHECK(loadBe32(&out[4]) == 7);
  CHECK(loadBe32(&out[8]) == 3);
  CHECK(encoder.sequence() == 3);
  encoder.reset();
  CHECK(loadBe32(&encodeOnce(encoder, batch.view()).units[0][8]) == 0);
}

TEST_CASE("ipfix: times") {
  const uint64_t ns = 1795228150123456789u;
  CHECK(timeField(kStartSeconds, ns, 4) == "6b0101f6");
  CHECK(timeField(kStartMilliseconds, ns) == "000001a1fbefa96b");
  CHECK(timeField(kStartMilliseconds, 0) == "0000000000000000");
  CHECK(timeField(kStartMicroseconds, 0) == "0000000000000000");
  CHECK(timeField(kStartNanoseconds, 0) == "0000000000000000");
  // Half a second is exact: 0x80000000. NTP seconds: Unix + 2208988800 = 0x83aa7e80.
  CHECK(timeField(kStartMicroseconds, 500000000) == "83aa7e8080000000");
  CHECK(timeField(kStartNanoseconds, 500000000) == "83aa7e8080000000");
  // 1 us is 4294.967296 units: the next multiple of 2048 is 6144; 1 ns is 4.29: 5.
  CHECK(timeField(kStartMicroseconds, 1000) == "83aa7e8000001800");
  CHECK(timeField(kStartNanoseconds, 1) == "83aa7e8000000005");
  CHECK(timeField(kStartMicroseconds, 999999999) == "83aa7e80fffff000");
  CHECK(timeField(kStartNanoseconds, 999999999) == "83aa7e80fffffffc");
  // The era rolls over on 2036-02-07T06:28:16Z.
  CHECK(timeField(kStartNanoseconds, uint64_t{2085978496} * 1000000000) == "0000000000000000");
  CHECK(timeField(kStartNanoseconds, uint64_t{2085978497} * 1000000000) == "0000000100000000");
}

TEST_CASE("ipfix: a reader that cuts NTP fractions off finds every micro- and nanosecond") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; i++) {
    const uint64_t ns = random() % 1000000000;
    const Bytes micro = bytesOf(timeField(kStartMicroseconds, ns + 1000000000));
    const uint64_t microFraction = loadBe32(&micro[4]);
    CHECK(microFraction % 2048 == 0);
    CHECK(((microFraction * 1000000) >> 32) == ns / 1000);
    const Bytes nano = bytesOf(timeField(kStartNanoseconds, ns + 1000000000));
    CHECK(((uint64_t{loadBe32(&nano[4])} * 1000000000) >> 32) == ns);
  }
}

TEST_CASE("ipfix: reduced sizes, and what does not fit them saturates") {
  FlowRecord record = sampleRecord4();
  record.hot.octets[0] = 0x123456;
  const std::vector<EncoderField> sizes = {wireField(kOctets, 1), wireField(kOctets, 2), wireField(kOctets, 3),
                                           wireField(kOctets, 4), wireField(kOctets, 5), wireField(kOctets, 6),
                                           wireField(kOctets, 7), wireField(kOctets, 8)};
  std::vector<Bytes> fields = fieldsOf(record, sizes);
  CHECK(hexOf(fields[0]) == "ff");
  CHECK(hexOf(fields[1]) == "ffff");
  CHECK(hexOf(fields[2]) == "123456");
  CHECK(hexOf(fields[3]) == "00123456");
  CHECK(hexOf(fields[4]) == "0000123456");
  CHECK(hexOf(fields[7]) == "0000000000123456");
  record.hot.octets[0] = UINT64_MAX;
  record.hot.packets[0] = 0x10000;
  fields = fieldsOf(record, {wireField(kOctets, 7), wireField(kPackets, 2), wireField(kPackets, 3),
                             wireField(kPackets, 8), wireField(kOwnNumber, 4), wireField(kSourcePort, 1)});
  CHECK(hexOf(fields[0]) == "ffffffffffffff");
  CHECK(hexOf(fields[1]) == "ffff");
  CHECK(hexOf(fields[2]) == "010000");
  CHECK(hexOf(fields[3]) == "0000000000010000");
  CHECK(hexOf(fields[4]) == "ffffffff");
  CHECK(hexOf(fields[5]) == "ff");
}

TEST_CASE("ipfix: boolean, float64, float32, MAC, list, derived numbers and times") {
  FlowRecord record = sampleRecord4();
  FieldContext context;
  context.observationDomain = 1;
  context.startNs = 5000000;
  const std::vector<Bytes> fields =
      fieldsOf(record, {wireField(kFlag, 1), wireField(kReal, 8), wireField(kReal, 4), wireField(kSourceMac, 6),
                        wireField(kList, 65535), wireField(kOwnNumber, 8), wireField(kInitTime, 8),
                        wireField(kList, 3)},
               {}, context);
  CHECK(hexOf(fields[0]) == "02");  // false
  CHECK(hexOf(fields[1]) == "405bc00000000000");  // 777 / 7 = 111
  CHECK(hexOf(fields[2]) == "42de0000");
  CHECK(hexOf(fields[3]) == "020000abcdef");
  CHECK(hexOf(fields[4]) == "3f40");
  CHECK(hexOf(fields[5]) == "000000000001e241");
  CHECK(hexOf(fields[6]) == "0000000000000005");
  CHECK(hexOf(fields[7]) == "3f4000");
  record.hot.fragmentFlags = 0x40;
  CHECK(hexOf(fieldsOf(record, {wireField(kFlag, 1)})[0]) == "01");
}

TEST_CASE("ipfix: variable lengths 0, 1, 254, 255, 256 and 65000") {
  for (const size_t size : {0u, 1u, 254u, 255u, 256u, 65000u}) {
    CAPTURE(size);
    TestBatch batch;
    FlowRecord record = sampleRecord4();
    nameRef(record) = batch.put(std::string(size, 'x'));
    otherNameRef(record) = batch.put("eth0");
    batch.records = {record};
    EncoderSpec spec = wireSpec({wireField(kName, 65535), wireField(kProtocol, 1), wireField(kOtherName, 65535)});
    spec.messageSize = 65535;
    const auto encoder = makeEncoder(spec, {}, table());
    const Encoded encoded = encodeOnce(*encoder, batch.view());
    CHECK(encoded.result.truncated == 0);
    REQUIRE(encoded.units.size() == 1);
    CHECK(encoded.bytes.size() == 20 + (size < 255 ? 1 : 3) + size + 1 + 5);
    const auto message = readMessage(encoded.units[0], {{256, {65535, 1, 65535}}});
    CHECK(message.records[0].fields[0] == Bytes(size, 'x'));
    CHECK(hexOf(message.records[0].fields[1]) == "06");
    CHECK(hexOf(message.records[0].fields[2]) == "65746830");
  }
}

TEST_CASE("ipfix: texts too long for the message are cut between code points, and counted") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  std::string euros;
  for (int i = 0; i < 200; i++) euros += "\xe2\x82\xac";
  nameRef(record) = batch.put(euros);
  otherNameRef(record) = batch.put("eth0");
  batch.records = {record, sampleRecord4()};
  EncoderSpec spec = wireSpec({wireField(kName, 65535), wireField(kOtherName, 65535)});
  for (uint32_t size = 60; size < 100; size++) {
    CAPTURE(size);
    spec.messageSize = size;
    const auto encoder = makeEncoder(spec, {}, table());
    const Encoded encoded = encodeOnce(*encoder, batch.view());
    CHECK(encoded.result.records == 2);
    CHECK(encoded.result.truncated == 1);
    REQUIRE(encoded.units.size() >= 1);
    CHECK(encoded.units[0].size() <= size);
    CHECK(encoded.units[0].size() + 3 > size - 3);
    const auto message = readMessage(encoded.units[0], {{256, {65535, 65535}}});
    const Bytes& name = message.records[0].fields[0];
    CHECK(name.size() % 3 == 0);
    CHECK(std::string(name.begin(), name.end()) == euros.substr(0, name.size()));
    CHECK(hexOf(message.records[0].fields[1]) == "65746830");  // the short one stays whole
  }
}

TEST_CASE("ipfix: octets that cannot be cut are left out, fixed strings are cut and padded with zeros") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  nameRef(record) = batch.put("gr\xc3\xbc\xc3\x9f");  // grüß
  opaqueRef(record) = batch.put(std::string(100, '\xff'));
  batch.records = {record};
  EncoderSpec spec =
      wireSpec({wireField(kName, 3), wireField(kName, 8), wireField(kOpaque, 65535), wireField(kOpaque, 4)});
  spec.messageSize = 60;
  const auto encoder = makeEncoder(spec, {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.truncated == 1);
  REQUIRE(encoded.units.size() == 1);
  const auto fields = readMessage(encoded.units[0], {{256, {3, 8, 65535, 4}}}).records[0].fields;
  CHECK(hexOf(fields[0]) == "677200");  // not half of the u umlaut
  CHECK(hexOf(fields[1]) == "6772c3bcc39f0000");
  CHECK(hexOf(fields[2]) == "");
  CHECK(hexOf(fields[3]) == "00000000");
}

TEST_CASE("ipfix: strings are well-formed UTF-8, octetArrays go out as they are") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  nameRef(record) = batch.put("a\xff" "b\xe2\x82");
  opaqueRef(record) = batch.put("a\xff");
  const std::vector<Bytes> fields = fieldsOf(record, {wireField(kName, 65535), wireField(kOpaque, 65535)}, batch);
  CHECK(hexOf(fields[0]) == "61efbfbd62efbfbd");
  CHECK(hexOf(fields[1]) == "61ff");
}

TEST_CASE("ipfix: uniflows, each side with its own view, only when it sent packets") {
  EncoderSpec spec = wireSpec({wireField(kSource4, 4), wireField(kSourcePort, 2), wireField(kOctets, 8),
                               wireField(kPackets, 8), wireField(kList, 65535)});
  spec.biflow = false;
  TestBatch batch;
  batch.records.assign(3, sampleRecord4());
  batch.records[1].hot.packets[1] = 0;
  batch.records[2].hot.packets[0] = 0;
  const auto encoder = makeEncoder(spec, {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.records == 3);
  CHECK(encoded.result.dataRecords == 4);
  CHECK(encoder->sequence() == 4);
  const auto records = readMessage(encoded.units[0], {{256, {4, 2, 8, 8, 65535}}}).records;
  REQUIRE(records.size() == 4);
  CHECK(hexOf(records[0].fields[0]) == "c0000201");
  CHECK(hexOf(records[0].fields[3]) == "0000000000000063");
  CHECK(hexOf(records[1].fields[0]) == "c6336407");
  CHECK(hexOf(records[1].fields[1]) == "01bb");
  CHECK(hexOf(records[1].fields[2]) == "0000000000000309");
  CHECK(hexOf(records[1].fields[3]) == "0000000000000007");
  CHECK(hexOf(records[1].fields[4]) == "3233");
  CHECK(hexOf(records[2].fields[0]) == "c0000201");
  CHECK(hexOf(records[3].fields[0]) == "c6336407");
}

TEST_CASE("ipfix: a biflow whose source was silent is one record") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  batch.records[0].hot.packets[0] = 0;
  const auto encoder = makeEncoder(wireSpec({wireField(kPackets, 4), wireField(kReversePackets, 4)}), {}, table());
  CHECK(hexOf(std::span(encodeOnce(*encoder, batch.view()).units.at(0)).subspan(20)) == "0000000000000007");
}

TEST_CASE("ipfix: messages keep to the size set last, uniflows of one flow may take two") {
  TestBatch batch;
  batch.records.assign(40, sampleRecord4());
  EncoderSpec spec = wireSpec({wireField(kSource4, 4), wireField(kOctets, 8)});
  spec.biflow = false;
  spec.messageSize = 16 + 4 + 12;
  const auto encoder = makeEncoder(spec, {}, table());
  CHECK(encodeOnce(*encoder, batch.view()).units.size() == 80);
  encoder->setMessageSize(16 + 4 + 12 * 3);
  const Encoded three = encodeOnce(*encoder, batch.view());
  CHECK(three.result.dataRecords == 80);
  for (const Bytes& unit : three.units) CHECK(unit.size() <= 56);
  // Too short for one record: consumed and counted.
  encoder->setMessageSize(16 + 4 + 11);
  const Encoded none = encodeOnce(*encoder, batch.view());
  CHECK(none.result.records == 40);
  CHECK(none.result.unencodable == 40);
  CHECK(none.result.units == 0);
  CHECK(none.result.bytes == 0);
}

TEST_CASE("ipfix: records without a template are unencodable, an empty batch is nothing") {
  TestBatch batch;
  batch.records = {sampleRecord6(), sampleRecord4()};
  const auto encoder = makeEncoder(wireSpec({wireField(kSource4, 4)}), {}, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.records == 2);
  CHECK(encoded.result.unencodable == 1);
  CHECK(encoded.result.dataRecords == 1);
  CHECK(encodeOnce(*encoder, TestBatch{}.view()).result.units == 0);
  // No room at all: nothing consumed.
  CHECK(encodeOnce(*encoder, batch.view(), 0).result.records == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 1000, 0).result.records == 0);
  CHECK(encodeOnce(*encoder, batch.view(), 1000, 8, 1).result.dataRecords == 1);
}

TEST_CASE("ipfix: what cannot be encoded is refused with its name") {
  CHECK(codeOf(wireSpec({})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kElementCount, 4)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kSource4, 3)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kSourcePort, 4)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kSourcePort, 0)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kOctets, 65535)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kStartMilliseconds, 4)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kSourceMac, 5)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kFlag, 2)})) == "WEIR_TEMPLATE");
  CHECK(codeOf(wireSpec({wireField(kOctets, 8)})) == "");
  EncoderSpec reverse = wireSpec({wireField(kReverseOctets, 8)});
  CHECK(codeOf(reverse) == "");
  reverse.biflow = false;
  CHECK(codeOf(reverse) == "WEIR_TEMPLATE");
  reverse.fields4 = {wireField(kReal, 8)};  // an enterprise element, reverse by name
  CHECK(codeOf(reverse) == "WEIR_TEMPLATE");
  EncoderSpec ids = wireSpec({wireField(kOctets, 8)}, {wireField(kOctets, 8)});
  ids.templateId6 = 256;
  CHECK(codeOf(ids) == "WEIR_TEMPLATE");
  ids.templateId6 = 255;
  CHECK(codeOf(ids) == "WEIR_TEMPLATE");
  EncoderSpec small = wireSpec({wireField(kName, 600)});
  CHECK(codeOf(small) == "");
  small.messageSize = 512;
  CHECK(codeOf(small) == "WEIR_TEMPLATE");
  small.messageSize = 65536;
  CHECK(codeOf(small) == "WEIR_TEMPLATE");
  EncoderSpec own = wireSpec({wireField(kOwnNumber, 8)});
  own.enterprise = 0;
  CHECK(codeOf(own) == "WEIR_TEMPLATE");
}

TEST_CASE("ipfix: fields of the other IP version are left out of the template") {
  const auto encoder =
      makeEncoder(wireSpec({wireField(kSource4, 4), wireField(kSource6, 16), wireField(kProtocol, 1)}), {}, table());
  Bytes out(100);
  std::vector<uint32_t> ends(1), none(1);
  CHECK(encoder->templates(1, {out, ends, none, none}).bytes == 16 + 4 + 4 + 2 * 4);
  CHECK(loadBe16(&out[22]) == 2);
}

TEST_CASE("ipfix: a batch without the blocks a template reads is refused") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  BatchView view = batch.view();
  view.stride = recordStride(needsNothingMore);
  const auto plain = makeEncoder(wireSpec({wireField(kOctets, 8)}), {}, table());
  CHECK(encodeOnce(*plain, view).result.records == 1);
  const auto withText = makeEncoder(wireSpec({wireField(kName, 65535)}), {}, table());
  CHECK_THROWS_AS(encodeOnce(*withText, view), Error);
}
