#include "encode/encode_fixture.h"

#include <cstring>

namespace weir::test {
namespace {

size_t fromHeap(const TextRef& ref, const FieldContext& context, char* out, size_t capacity) {
  const size_t size = std::min<size_t>(ref.length, capacity);
  std::memcpy(out, context.heap + ref.offset, size);
  return size;
}

size_t nameText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return fromHeap(record.text.reserved[0], context, out, capacity);
}

size_t otherNameText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return fromHeap(record.text.reserved[1], context, out, capacity);
}

size_t opaqueText(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return fromHeap(record.text.reserved[2], context, out, capacity);
}

// [ttlMin of the side, ttlMax of the side]
size_t listText(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  std::string text("[");
  text += std::to_string(record.hot.ttlMin[side]);
  text += ',';
  text += std::to_string(record.hot.ttlMax[side]);
  text += ']';
  if (text.size() > capacity) return 0;
  std::memcpy(out, text.data(), text.size());
  return text.size();
}

size_t listOctets(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  if (capacity < 2) return 0;
  out[0] = static_cast<char>(record.hot.ttlMin[side]);
  out[1] = static_cast<char>(record.hot.ttlMax[side]);
  return 2;
}

uint64_t ownNumber(const FlowRecord& record, unsigned side, const FieldContext& context) {
  return record.hot.octets[side] + context.observationDomain;
}

double meanOctets(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.hot.packets[side] == 0
             ? 0
             : static_cast<double>(record.hot.octets[side]) / static_cast<double>(record.hot.packets[side]);
}

uint64_t initTime(const FlowRecord&, unsigned, const FieldContext& context) { return context.startNs; }

using W = WireType;
using K = ValueKind;
constexpr uint32_t kReverse = kReverseEnterprise, kOwn = kOwnEnterprise;

constexpr Element member(const char* name, uint32_t enterprise, uint16_t id, W wire, K kind, size_t source,
                         size_t destination, uint8_t family = 0, bool absent = false) {
  return {name, enterprise, id, wire, kind, family, absent, needsNothingMore, {source, destination}, 0,
          nullptr, nullptr, nullptr, nullptr};
}

constexpr Element computed(const char* name, uint32_t enterprise, uint16_t id, W wire, K kind, bool absent,
                           uint32_t needs, uint8_t flip, NumberFunction number, RealFunction real = nullptr,
                           TextFunction text = nullptr, TextFunction octets = nullptr) {
  return {name, enterprise, id, wire, kind, 0, absent, needs, {0, 0}, flip, number, real, text, octets};
}

#define AT(path) offsetof(FlowRecord, path)
constexpr Element kTable[kElementCount] = {
    member("sourceIPv4Address", 0, 8, W::ipv4Address, K::address4, AT(hot.key.address[0]), AT(hot.key.address[1]), 4),
    member("destinationIPv4Address", 0, 12, W::ipv4Address, K::address4,
           AT(hot.key.address[1]), AT(hot.key.address[0]), 4),
    member("sourceIPv6Address", 0, 27, W::ipv6Address, K::address6, AT(hot.key.address[0]), AT(hot.key.address[1]), 6),
    member("destinationIPv6Address", 0, 28, W::ipv6Address, K::address6,
           AT(hot.key.address[1]), AT(hot.key.address[0]), 6),
    member("sourceTransportPort", 0, 7, W::unsigned16, K::u16, AT(hot.key.port[0]), AT(hot.key.port[1])),
    member("destinationTransportPort", 0, 11, W::unsigned16, K::u16, AT(hot.key.port[1]), AT(hot.key.port[0])),
    member("protocolIdentifier", 0, 4, W::unsigned8, K::u8, AT(hot.key.protocol), AT(hot.key.protocol)),
    member("octetDeltaCount", 0, 1, W::unsigned64, K::u64, AT(hot.octets[0]), AT(hot.octets[1])),
    member("reverseOctetDeltaCount", kReverse, 1, W::unsigned64, K::u64, AT(hot.octets[1]), AT(hot.octets[0])),
    member("packetDeltaCount", 0, 2, W::unsigned64, K::u32, AT(hot.packets[0]), AT(hot.packets[1])),
    member("reversePacketDeltaCount", kReverse, 2, W::unsigned64, K::u32, AT(hot.packets[1]), AT(hot.packets[0])),
    member("flowStartSeconds", 0, 150, W::dateTimeSeconds, K::time, AT(hot.startNs), AT(hot.startNs)),
    member("flowStartMilliseconds", 0, 152, W::dateTimeMilliseconds, K::time, AT(hot.startNs), AT(hot.startNs)),
    member("flowStartMicroseconds", 0, 154, W::dateTimeMicroseconds, K::time, AT(hot.startNs), AT(hot.startNs)),
    member("flowStartNanoseconds", 0, 156, W::dateTimeNanoseconds, K::time, AT(hot.startNs), AT(hot.startNs)),
    member("flowEndReason", 0, 136, W::unsigned8, K::u8, AT(hot.endReason), AT(hot.endReason)),
    member("sourceMacAddress", 0, 56, W::macAddress, K::mac, AT(link.mac[0]), AT(link.mac[1]), 0, true),
    computed("ownNumber", kOwn, 5, W::unsigned64, K::number, false, needsNothingMore, 0, ownNumber),
    computed("reverseMean", kOwn, 6, W::float64, K::real, true, needsNothingMore, 1, nullptr, meanOctets),
    computed("userName", 0, 371, W::string, K::text, true, needsText, 0, nullptr, nullptr, nameText),
    computed("interfaceName", 0, 82, W::string, K::text, false, needsText, 0, nullptr, nullptr, otherNameText),
    computed("opaque", 35632, 7, W::octetArray, K::text, true, needsText, 0, nullptr, nullptr, opaqueText),
    computed("list", kOwn, 8, W::octetArray, K::list, false, needsNothingMore, 0, nullptr, nullptr, listText,
             listOctets),
    member("dataRecordsReliability", 0, 276, W::boolean, K::u8, AT(hot.fragmentFlags), AT(hot.fragmentFlags)),
    member("ingressInterface", 0, 10, W::unsigned32, K::u32, AT(link.interface[0]), AT(link.interface[0]), 0, true),
    computed("systemInitTimeMilliseconds", 0, 160, W::dateTimeMilliseconds, K::number, true, needsNothingMore, 0,
             initTime),
};
#undef AT

}  // namespace

std::span<const Element> table() { return kTable; }

FlowRecord sampleRecord4() {
  FlowRecord record{};
  FlowKey& key = record.hot.key;
  key.address[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 198, 51, 100, 7};
  key.port[0] = 40000;
  key.port[1] = 443;
  key.protocol = 6;
  key.ipVersion = 4;
  record.hot.octets[0] = 123456;
  record.hot.octets[1] = 777;
  record.hot.packets[0] = 99;
  record.hot.packets[1] = 7;
  record.hot.startNs = 1795228150123456789u;  // 2026-11-21T02:29:10.123456789Z
  record.hot.ttlMin[0] = 63;
  record.hot.ttlMax[0] = 64;
  record.hot.ttlMin[1] = 50;
  record.hot.ttlMax[1] = 51;
  record.hot.endReason = EndReason::endOfFlow;
  record.link.mac[0] = {0x02, 0, 0, 0xab, 0xcd, 0xef};
  record.link.interface[0] = 3;
  return record;
}

FlowRecord sampleRecord6() {
  FlowRecord record = sampleRecord4();
  record.hot.key.ipVersion = 6;
  record.hot.key.address[0] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  record.hot.key.address[1] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
  return record;
}

FlowRecord randomRecord(std::mt19937& random) {
  FlowRecord record{};
  auto* const octets = reinterpret_cast<uint8_t*>(&record);
  for (size_t i = 0; i < offsetof(FlowRecord, text); i++) octets[i] = static_cast<uint8_t>(random() >> 8);
  record.hot.key.ipVersion = random() % 2 == 0 ? 4 : 6;
  record.hot.startNs %= 4000000000u * uint64_t{1000000000};
  for (size_t side = 0; side < 2; side++) {
    const unsigned kind = random() % 8;
    if (kind == 0) record.hot.packets[side] = 0;
    if (kind == 1) record.hot.octets[side] %= 300;
    if (kind == 2) record.hot.octets[side] = UINT64_MAX;
  }
  record.hot.fragmentFlags &= 1;
  return record;
}

EncoderField wireField(uint32_t element, uint16_t length) { return {element, "", length}; }

EncoderSpec wireSpec(std::vector<EncoderField> fields4, std::vector<EncoderField> fields6) {
  EncoderSpec spec;
  spec.fields4 = std::move(fields4);
  spec.fields6 = std::move(fields6);
  return spec;
}

EncoderSpec lineSpec(EncoderSpec::Format format, std::vector<std::pair<uint32_t, std::string>> fields) {
  EncoderSpec spec;
  spec.format = format;
  for (auto& [element, key] : fields) spec.fields4.push_back({element, key, 0});
  spec.fields6 = spec.fields4;
  return spec;
}

Encoded encodeOnce(Encoder& encoder, const BatchView& batch, size_t outSize, size_t endsSize, uint32_t first,
                   uint32_t exportSeconds) {
  // Exactly as large as asked for, so that AddressSanitizer sees any octet written behind it.
  const std::unique_ptr<uint8_t[]> out(new uint8_t[outSize]);
  std::vector<uint32_t> ends(endsSize), records(endsSize), dataRecords(endsSize);
  Encoded encoded;
  encoded.result = encoder.encode(batch, first, exportSeconds, {{out.get(), outSize}, ends, records, dataRecords});
  encoded.bytes.assign(out.get(), out.get() + encoded.result.bytes);
  size_t start = 0;
  for (uint32_t unit = 0; unit < encoded.result.units; unit++) {
    REQUIRE(ends[unit] > start);
    encoded.units.emplace_back(out.get() + start, out.get() + ends[unit]);
    start = ends[unit];
  }
  REQUIRE(start == encoded.result.bytes);
  uint32_t flows = 0, data = 0;
  for (uint32_t unit = 0; unit < encoded.result.units; unit++) {
    flows += records[unit];
    data += dataRecords[unit];
  }
  CHECK(flows + encoded.result.unencodable + encoded.result.elsewhere == encoded.result.records);
  CHECK(data == encoded.result.dataRecords);
  return encoded;
}

std::string hexOf(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t octet : bytes) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

Bytes bytesOf(std::string_view hex) {
  Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

std::string linesOf(const EncoderSpec& spec, const TestBatch& batch, const FieldContext& context) {
  const auto encoder = makeEncoder(spec, context, table());
  const Encoded encoded = encodeOnce(*encoder, batch.view());
  CHECK(encoded.result.records == batch.records.size());
  return {encoded.bytes.begin(), encoded.bytes.end()};
}

ReadMessage readMessage(std::span<const uint8_t> message, const std::map<uint16_t, std::vector<uint16_t>>& lengths) {
  REQUIRE(message.size() > 20);
  Cursor cursor(message.data(), message.size());
  REQUIRE(cursor.be16(0) == 10);
  ReadMessage read{cursor.be16(2), cursor.be32(4), cursor.be32(8), cursor.be32(12), {}, {}};
  REQUIRE(read.length == message.size());
  cursor.skip(16);
  while (cursor.left() > 0) {
    REQUIRE(cursor.has(4));
    const uint16_t id = cursor.be16(0), length = cursor.be16(2);
    REQUIRE(length > 4);
    REQUIRE(cursor.has(length));
    const auto known = lengths.find(id);
    REQUIRE(known != lengths.end());
    Cursor set(cursor.at + 4, length - size_t{4});
    cursor.skip(length);
    read.sets.push_back(id);
    while (set.left() > 0) {
      ReadRecord record{id, {}};
      for (const uint16_t wireLength : known->second) {
        size_t size = wireLength;
        if (wireLength == 65535) {
          REQUIRE(set.has(1));
          size = set.u8();
          set.skip(1);
          if (size == 255) {
            REQUIRE(set.has(2));
            size = set.be16();
            set.skip(2);
            REQUIRE(size >= 255);  // weir uses the short form wherever it can
          }
        }
        REQUIRE(set.has(size));
        record.fields.emplace_back(set.at, set.at + size);
        set.skip(size);
      }
      read.records.push_back(std::move(record));
    }
  }
  return read;
}

}  // namespace weir::test
