// What the encoder tests share: an element table of their own, flow records, batches, and a small IPFIX reader that
// knows nothing of the encoder.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/cursor.h"
#include "encode/encoder.h"

namespace weir::test {

using Bytes = std::vector<uint8_t>;

// Indexes into table().
enum : uint32_t {
  kSource4, kDestination4, kSource6, kDestination6, kSourcePort, kDestinationPort, kProtocol, kOctets, kReverseOctets,
  kPackets, kReversePackets, kStartSeconds, kStartMilliseconds, kStartMicroseconds, kStartNanoseconds, kEndReason,
  kSourceMac, kOwnNumber, kReal, kName, kOtherName, kOpaque, kList, kFlag, kInterface, kInitTime, kElementCount,
};

std::span<const Element> table();

// Text fields of the table stand in the heap; these refer to them.
inline TextRef& nameRef(FlowRecord& record) { return record.text.reserved[0]; }
inline TextRef& otherNameRef(FlowRecord& record) { return record.text.reserved[1]; }
inline TextRef& opaqueRef(FlowRecord& record) { return record.text.reserved[2]; }

// Records with a heap.
struct TestBatch {
  std::vector<FlowRecord> records;
  std::string heap;
  BatchView view() const {
    return {reinterpret_cast<const uint8_t*>(records.data()), sizeof(FlowRecord), static_cast<uint32_t>(records.size()),
            reinterpret_cast<const uint8_t*>(heap.data())};
  }
  TextRef put(std::string_view text) {
    const TextRef ref{static_cast<uint32_t>(heap.size()), static_cast<uint32_t>(text.size())};
    heap += text;
    return ref;
  }
};

// 192.0.2.1:40000 -> 198.51.100.7:443 TCP, 99 packets and 123456 octets there, 7 and 777 back.
FlowRecord sampleRecord4();
// 2001:db8::1 -> 2001:db8::7, else the same.
FlowRecord sampleRecord6();
// Everything the table reads is random; some zeros and some one-way flows among them.
FlowRecord randomRecord(std::mt19937& random);

EncoderField wireField(uint32_t element, uint16_t length);
EncoderSpec wireSpec(std::vector<EncoderField> fields4, std::vector<EncoderField> fields6 = {});
// element -> key
EncoderSpec lineSpec(EncoderSpec::Format format, std::vector<std::pair<uint32_t, std::string>> fields);

struct Encoded {
  EncodeResult result;
  Bytes bytes;
  std::vector<Bytes> units;
};
Encoded encodeOnce(Encoder& encoder, const BatchView& batch, size_t outSize = 1 << 20, size_t endsSize = 4096,
                   uint32_t first = 0, uint32_t exportSeconds = 1795228155);
std::string hexOf(std::span<const uint8_t> bytes);
Bytes bytesOf(std::string_view hex);
// All lines of one call.
std::string linesOf(const EncoderSpec& spec, const TestBatch& batch, const FieldContext& context = {});

// A Data Record as read back: the octets of each field.
struct ReadRecord {
  uint16_t templateId;
  std::vector<Bytes> fields;
};
struct ReadMessage {
  uint32_t length, exportSeconds, sequence, domain;
  std::vector<uint16_t> sets;
  std::vector<ReadRecord> records;
};
// Strict: throws doctest failures for anything RFC 7011 forbids and weir promises (no padding, no empty set).
ReadMessage readMessage(std::span<const uint8_t> message, const std::map<uint16_t, std::vector<uint16_t>>& lengths);

}  // namespace weir::test
