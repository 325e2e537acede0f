// Random records through random templates into outs of random size: every record comes back once, in order, equal.
#include <cstring>

#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

Bytes bigEndian(uint64_t value, size_t width) {
  if (width < 8 && value >> (8 * width) != 0) value = UINT64_MAX;
  Bytes bytes;
  for (size_t i = 0; i < width; i++) bytes.push_back(static_cast<uint8_t>(value >> (8 * (width - 1 - i))));
  return bytes;
}

Bytes realOctets(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, 8);
  return bigEndian(bits, 8);
}

Bytes heapText(const TextRef& ref, const std::string& heap) {
  return {heap.begin() + ref.offset, heap.begin() + ref.offset + ref.length};
}

// What a field of the record is on the wire, worked out from the record's members by name.
Bytes expected(const FlowRecord& record, size_t side, const EncoderField& field, const std::string& heap) {
  const size_t other = side ^ 1;
  const FlowKey& key = record.hot.key;
  const auto address = [&](size_t end, size_t from) {
    return Bytes(key.address[end].begin() + static_cast<ptrdiff_t>(from), key.address[end].end());
  };
  const uint64_t seconds = record.hot.startNs / 1000000000;
  switch (field.element) {
    case kSource4: return address(side, 12);
    case kDestination4: return address(other, 12);
    case kSource6: return address(side, 0);
    case kDestination6: return address(other, 0);
    case kSourcePort: return bigEndian(key.port[side], field.wireLength);
    case kDestinationPort: return bigEndian(key.port[other], field.wireLength);
    case kProtocol: return {key.protocol};
    case kOctets: return bigEndian(record.hot.octets[side], field.wireLength);
    case kReverseOctets: return bigEndian(record.hot.octets[other], field.wireLength);
    case kPackets: return bigEndian(record.hot.packets[side], field.wireLength);
    case kReversePackets: return bigEndian(record.hot.packets[other], field.wireLength);
    case kStartSeconds: return bigEndian(seconds & 0xffffffff, 4);
    case kStartMilliseconds: return bigEndian(record.hot.startNs / 1000000, 8);
    case kEndReason: return {static_cast<uint8_t>(record.hot.endReason)};
    case kSourceMac: return {record.link.mac[side].begin(), record.link.mac[side].end()};
    case kOwnNumber: return bigEndian(record.hot.octets[side], field.wireLength);
    case kReal: {
      const double packets = record.hot.packets[other];
      return realOctets(packets == 0 ? 0 : static_cast<double>(record.hot.octets[other]) / packets);
    }
    case kName: return heapText(record.text.reserved[0], heap);
    case kOtherName: return heapText(record.text.reserved[1], heap);
    case kOpaque: return heapText(record.text.reserved[2], heap);
    case kList: return {record.hot.ttlMin[side], record.hot.ttlMax[side]};
    case kFlag: return {static_cast<uint8_t>(record.hot.fragmentFlags != 0 ? 1 : 2)};
    case kInterface: return bigEndian(record.link.interface[0], field.wireLength);
    default: FAIL("no such element"); return {};
  }
}

uint16_t randomLength(uint32_t element, std::mt19937& random) {
  const WireType wire = table()[element].wire;
  const auto upTo = [&](uint32_t most) { return static_cast<uint16_t>(1 + random() % most); };
  switch (wire) {
    case WireType::unsigned8:
    case WireType::boolean: return 1;
    case WireType::unsigned16: return upTo(2);
    case WireType::unsigned32: return upTo(4);
    case WireType::unsigned64: return upTo(8);
    case WireType::ipv4Address:
    case WireType::dateTimeSeconds: return 4;
    case WireType::macAddress: return 6;
    case WireType::ipv6Address: return 16;
    case WireType::string:
    case WireType::octetArray: return 65535;
    default: return 8;
  }
}

std::vector<EncoderField> randomFields(uint8_t family, bool biflow, bool texts, std::mt19937& random) {
  std::vector<EncoderField> fields;
  const size_t count = 1 + random() % 20;
  while (fields.size() < count) {
    const auto element = static_cast<uint32_t>(random() % kInterface);
    const Element& entry = table()[element];
    if (element == kStartMicroseconds || element == kStartNanoseconds) continue;  // their tests are elsewhere
    if (entry.family != 0 && entry.family != family) continue;
    if (!biflow && (entry.enterprise == kReverseEnterprise || element == kReal)) continue;
    if (!texts && (entry.kind == ValueKind::text || entry.kind == ValueKind::list)) continue;
    fields.push_back(wireField(element, randomLength(element, random)));
  }
  return fields;
}

TestBatch randomBatch(std::mt19937& random) {
  TestBatch batch;
  const size_t count = 1 + random() % 200;
  for (size_t i = 0; i < count; i++) {
    FlowRecord record = randomRecord(random);
    const size_t longest = random() % 20 == 0 ? 300 : 12;
    nameRef(record) = batch.put(std::string(random() % longest, 'n'));
    otherNameRef(record) = batch.put(random() % 3 == 0 ? "" : "\xc3\xa4");
    opaqueRef(record) = batch.put(std::string(random() % 5, '\xfe'));
    batch.records.push_back(record);
  }
  return batch;
}

struct Wanted {
  std::vector<std::vector<Bytes>> records[2];  // by IP version
};

Wanted wantedOf(const TestBatch& batch, const EncoderSpec& spec) {
  Wanted wanted;
  for (const FlowRecord& record : batch.records) {
    const bool is6 = record.hot.key.ipVersion == 6;
    for (size_t side = 0; side < (spec.biflow ? 1 : 2); side++) {
      const uint32_t(&packets)[2] = record.hot.packets;
      const bool uncounted = side == 0 && packets[1] == 0;  // nobody counted packets: one record all the same
      if (!spec.biflow && packets[side] == 0 && !uncounted) continue;
      std::vector<Bytes> fields;
      for (const EncoderField& field : is6 ? spec.fields6 : spec.fields4) {
        fields.push_back(expected(record, side, field, batch.heap));
      }
      wanted.records[is6 ? 1 : 0].push_back(std::move(fields));
    }
  }
  return wanted;
}

std::vector<uint16_t> lengthsOf(const std::vector<EncoderField>& fields) {
  std::vector<uint16_t> lengths;
  for (const EncoderField& field : fields) lengths.push_back(field.wireLength);
  return lengths;
}

// Encodes the batch in as many calls as it takes and reads every message back.
Wanted roundTrip(Encoder& encoder, const TestBatch& batch, const EncoderSpec& spec, std::mt19937& random) {
  Wanted found;
  uint32_t first = 0, sequence = encoder.sequence();
  while (first < batch.records.size()) {
    const size_t outSize = 2 * spec.messageSize + random() % 8000;
    const Encoded encoded = encodeOnce(encoder, batch.view(), outSize, 2 + random() % 6, first, 77);
    REQUIRE(encoded.result.records > 0);
    REQUIRE(encoded.result.unencodable == 0);
    REQUIRE(encoded.result.truncated == 0);
    first += encoded.result.records;
    uint32_t count = 0;
    for (const Bytes& unit : encoded.units) {
      REQUIRE(unit.size() <= spec.messageSize);
      const ReadMessage message =
          readMessage(unit, {{256, lengthsOf(spec.fields4)}, {257, lengthsOf(spec.fields6)}});
      REQUIRE(message.exportSeconds == 77);
      REQUIRE(message.sequence == sequence + count);
      REQUIRE(message.domain == spec.observationDomain);
      REQUIRE(message.sets.size() <= 2);
      for (const ReadRecord& record : message.records) found.records[record.templateId - 256].push_back(record.fields);
      count += static_cast<uint32_t>(message.records.size());
    }
    REQUIRE(count == encoded.result.dataRecords);
    sequence += count;
    REQUIRE(encoder.sequence() == sequence);
  }
  REQUIRE(first == batch.records.size());
  return found;
}

}  // namespace

TEST_CASE("ipfix: random records, templates and room come back whole, once and in order") {
  std::mt19937 random(20261121);
  for (int round = 0; round < 300; round++) {
    CAPTURE(round);
    const bool biflow = random() % 2 == 0, texts = random() % 2 == 0;
    EncoderSpec spec = wireSpec(randomFields(4, biflow, texts, random), randomFields(6, biflow, texts, random));
    spec.biflow = biflow;
    spec.messageSize = random() % 4 == 0 ? 65535 : static_cast<uint32_t>(random() % 3000 + 7000);
    if (!texts) spec.messageSize = std::max<uint32_t>(400, spec.messageSize / 10);
    const auto encoder = makeEncoder(spec, {}, table());
    for (int i = 0; i < 2; i++) {
      const TestBatch batch = randomBatch(random);
      const Wanted wanted = wantedOf(batch, spec);
      const Wanted found = roundTrip(*encoder, batch, spec, random);
      for (size_t family = 0; family < 2; family++) {
        REQUIRE(found.records[family].size() == wanted.records[family].size());
        const bool equal = found.records[family] == wanted.records[family];
        REQUIRE(equal);
      }
    }
  }
}

TEST_CASE("ipfix: tiny messages with texts never exceed their size, and every record is accounted for") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; round++) {
    CAPTURE(round);
    EncoderSpec spec = wireSpec(randomFields(4, false, true, random), randomFields(6, false, true, random));
    spec.biflow = false;
    spec.messageSize = 400;
    const auto encoder = makeEncoder(spec, {}, table());
    encoder->setMessageSize(static_cast<uint32_t>(20 + random() % 150));
    const uint32_t size = 20 + 150;
    const TestBatch batch = randomBatch(random);
    uint32_t first = 0, consumed = 0, unencodable = 0;
    size_t found = 0;
    const Wanted wanted = wantedOf(batch, spec);
    while (first < batch.records.size()) {
      const Encoded encoded = encodeOnce(*encoder, batch.view(), 2 * size + random() % 300, 2 + random() % 3, first);
      REQUIRE(encoded.result.records > 0);
      first += encoded.result.records;
      consumed += encoded.result.records;
      unencodable += encoded.result.unencodable;
      for (const Bytes& unit : encoded.units) {
        REQUIRE(unit.size() <= size);
        const ReadMessage message =
            readMessage(unit, {{256, lengthsOf(spec.fields4)}, {257, lengthsOf(spec.fields6)}});
        found += message.records.size();
      }
    }
    REQUIRE(consumed == batch.records.size());
    const size_t all = wanted.records[0].size() + wanted.records[1].size();
    if (unencodable == 0) REQUIRE(found == all);
    REQUIRE(found <= all);
  }
}
