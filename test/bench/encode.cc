// Encoder throughput: flow records to IPFIX, NetFlow, JSON and text, beside a memcpy of the same octets, record by
// record.
//   bench_encode [batches]
// Prints ns per record (best of several rounds), records/s, octets a record, and the ratio to the memcpy.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string_view>
#include <vector>

#include "encode/encoder.h"

using namespace weir;

namespace {

constexpr uint32_t kRecords = 1024;
constexpr int kRounds = 61;

// What most templates hold; names of the catalogue, those of the other IP version are left out.
constexpr std::string_view kFields[] = {
    "flowStartMilliseconds", "flowEndMilliseconds", "sourceIPv4Address", "destinationIPv4Address", "sourceIPv6Address",
    "destinationIPv6Address", "sourceTransportPort", "destinationTransportPort", "protocolIdentifier", "ipVersion",
    "octetDeltaCount", "packetDeltaCount", "reverseOctetDeltaCount", "reversePacketDeltaCount", "ipClassOfService",
    "reverseIpClassOfService", "ingressInterface", "egressInterface", "vlanId", "flowEndReason", "flowId",
    "minimumTTL"};

constexpr std::string_view kNetflowTimes[] = {"flowStartSysUpTime", "flowEndSysUpTime"};

uint16_t fullLength(WireType wire) {
  switch (wire) {
    case WireType::unsigned8:
    case WireType::boolean: return 1;
    case WireType::unsigned16: return 2;
    case WireType::unsigned32:
    case WireType::dateTimeSeconds:
    case WireType::ipv4Address: return 4;
    case WireType::ipv6Address: return 16;
    case WireType::macAddress: return 6;
    case WireType::string:
    case WireType::octetArray: return 65535;
    default: return 8;
  }
}

std::vector<EncoderField> fieldsOf(std::span<const std::string_view> names) {
  std::vector<EncoderField> fields;
  for (const std::string_view name : names) {
    for (uint32_t i = 0; i < elements().size(); i++) {
      if (elements()[i].name == name) fields.push_back({i, std::string(name), fullLength(elements()[i].wire)});
    }
  }
  return fields;
}

std::vector<FlowRecord> makeRecords(bool mixed) {
  std::mt19937 random(42);
  std::vector<FlowRecord> records(kRecords);
  for (FlowRecord& record : records) {
    FlowKey& key = record.hot.key;
    key.ipVersion = mixed && random() % 3 == 0 ? 6 : 4;
    for (Address& address : key.address) {
      if (key.ipVersion == 4) address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0};
      if (key.ipVersion == 6) address = {0x20, 0x01, 0x0d, 0xb8};
      for (size_t i = 13; i < 16; i++) address[i] = static_cast<uint8_t>(random());
    }
    key.port[0] = static_cast<uint16_t>(random());
    key.port[1] = random() % 2 == 0 ? 443 : 53;
    key.protocol = 6;
    for (uint32_t& packets : record.hot.packets) packets = static_cast<uint32_t>(random() % 100);
    record.hot.packets[0]++;
    for (size_t side = 0; side < 2; side++) record.hot.octets[side] = record.hot.packets[side] * (40 + random() % 1400);
    record.hot.startNs = 1795228150000000000u + random() % 60000 * uint64_t{1000000};
    record.hot.endNs = record.hot.startNs + random() % 10000 * uint64_t{1000000};
    record.hot.endReason = EndReason::idle;
    record.link.flowId = (uint64_t{random()} << 32) | random();
    record.link.interface[0] = 2;
  }
  return records;
}

// CPU time of this thread: other programs on the machine do not count.
double nowNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

struct Measured {
  double ns = 1e18;  // per Data Record, the best round
  double octets = 0;
  double copyNs = 1e18;
};

Measured measure(EncoderSpec& spec, const std::vector<FlowRecord>& records, int batches) {
  const auto encoder = makeEncoder(spec, {});
  const BatchView view{reinterpret_cast<const uint8_t*>(records.data()), sizeof(FlowRecord), kRecords, nullptr};
  std::vector<uint8_t> out(1 << 20), copy(1 << 20);
  std::vector<uint32_t> ends(4096), flows(4096), data(4096);
  Measured measured;
  for (int round = 0; round < kRounds; round++) {
    uint64_t written = 0, octets = 0;
    const double start = nowNs();
    for (int i = 0; i < batches; i++) {
      const EncodeResult result = encoder->encode(view, 0, 1, {out, ends, flows, data});
      if (result.records != kRecords || result.unencodable != 0) std::abort();
      written += result.dataRecords;
      octets += result.bytes;
    }
    measured.ns = std::min(measured.ns, (nowNs() - start) / static_cast<double>(written));
    measured.octets = static_cast<double>(octets) / static_cast<double>(written);
    // One memcpy a record, of the record's length, over the same output.
    const size_t size = static_cast<size_t>(measured.octets), total = octets / static_cast<uint64_t>(batches);
    const double copyStart = nowNs();
    for (int i = 0; i < batches; i++) {
      for (size_t at = 0; at + size <= total; at += size) std::memcpy(&copy[at], &out[at], size);
      asm volatile("" : : "r"(copy.data()) : "memory");
    }
    measured.copyNs = std::min(measured.copyNs, (nowNs() - copyStart) / static_cast<double>(written));
  }
  return measured;
}

// What reading alone costs: the octets of the records that templates without TCP health or statistics look at.
double readingNs(const std::vector<FlowRecord>& records, int batches) {
  constexpr size_t kSize = recordStride(needsNothingMore);
  std::vector<uint8_t> copy(kSize * kRecords);
  double best = 1e18;
  for (int round = 0; round < kRounds; round++) {
    const double start = nowNs();
    for (int i = 0; i < batches; i++) {
      for (size_t r = 0; r < kRecords; r++) std::memcpy(&copy[r * kSize], &records[r], kSize);
      asm volatile("" : : "r"(copy.data()) : "memory");
    }
    best = std::min(best, (nowNs() - start) / kRecords / batches);
  }
  return best;
}

void report(const char* name, const Measured& measured) {
  std::printf("%-28s %7.1f ns/record %8.2f M records/s %6.1f octets  memcpy %5.1f ns, ratio %.2f\n", name, measured.ns,
              1e3 / measured.ns, measured.octets, measured.copyNs, measured.copyNs / measured.ns);
}

}  // namespace

int main(int argc, char** argv) {
  const int batches = argc > 1 ? std::atoi(argv[1]) : 20;
  const std::vector<FlowRecord> records4 = makeRecords(false), mixed = makeRecords(true);
  EncoderSpec spec;
  spec.fields4 = spec.fields6 = fieldsOf(kFields);
  std::printf("%zu fields named; memcpy of the %zu octets of a record they are in: %.1f ns\n", spec.fields4.size(),
              recordStride(needsNothingMore), readingNs(records4, batches));
  report("ipfix biflow IPv4", measure(spec, records4, batches));
  report("ipfix biflow mixed", measure(spec, mixed, batches));
  spec.messageSize = 65535;
  report("ipfix biflow mixed, 64 KiB", measure(spec, mixed, batches));
  spec.messageSize = 1400;
  EncoderSpec withText = spec;
  for (const EncoderField& field : fieldsOf(std::vector<std::string_view>{"protocolName", "tcpFlagsText"})) {
    withText.fields4.push_back(field);
    withText.fields6.push_back(field);
  }
  report("ipfix, two texts more", measure(withText, mixed, batches));
  EncoderSpec uniflow = spec;
  uniflow.biflow = false;
  std::erase_if(uniflow.fields4, [](const EncoderField& field) { return field.key.starts_with("reverse"); });
  uniflow.fields6 = uniflow.fields4;
  report("ipfix uniflow mixed", measure(uniflow, mixed, batches));
  uniflow.startMs = 1795228000000;
  for (std::vector<EncoderField>* fields : {&uniflow.fields4, &uniflow.fields6}) {
    std::erase_if(*fields, [](const EncoderField& field) { return field.key.ends_with("Milliseconds"); });
    for (const EncoderField& field : fieldsOf(kNetflowTimes)) fields->push_back(field);
  }
  uniflow.format = EncoderSpec::Format::netflow9;
  report("netflow9 mixed", measure(uniflow, mixed, batches));
  uniflow.format = EncoderSpec::Format::netflow5;
  report("netflow5 IPv4", measure(uniflow, records4, batches));
  spec.format = EncoderSpec::Format::json;
  report("json mixed", measure(spec, mixed, batches / 4 + 1));
  spec.timeFormat = EncoderSpec::TimeFormat::milliseconds;
  report("json mixed, times in ms", measure(spec, mixed, batches / 4 + 1));
  spec.format = EncoderSpec::Format::text;
  report("text mixed", measure(spec, mixed, batches / 4 + 1));
  return 0;
}
