// What became of messages: sums, events and the units that come back. Written by librdkafka's reports on one thread and by
// failed produce calls on another, taken on Node's thread.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/producer.h"

namespace weir {

constexpr size_t kMaxTopics = 4;

// What travels with a message as its opaque pointer: no allocation, and the report needs no lookup.
struct KafkaTicket {
  uint32_t topic;
  uint32_t records;
  uint32_t dataRecords;

  void* pack() const {
    return reinterpret_cast<void*>(uint64_t{topic} | uint64_t{records & kCountMask} << 2 |
                                   uint64_t{dataRecords & kCountMask} << 33);
  }
  static KafkaTicket unpack(const void* opaque) {
    const auto bits = reinterpret_cast<uint64_t>(opaque);
    return {static_cast<uint32_t>(bits & 3), static_cast<uint32_t>(bits >> 2) & kCountMask,
            static_cast<uint32_t>(bits >> 33)};
  }
  static constexpr uint32_t kCountMask = 0x7fffffff;
};
static_assert(sizeof(void*) == sizeof(uint64_t), "message counts travel in a 64-bit pointer");

class KafkaAccounts {
 public:
  explicit KafkaAccounts(const std::vector<KafkaTopic>& topics);

  void delivered(uint64_t records, uint64_t units, uint64_t octets);
  void rejected(const KafkaTicket& ticket, const char* code, const char* text);
  void failed(const KafkaTicket& ticket, std::string_view key, std::string_view value, const char* code,
              const char* text);
  void event(KafkaEvent::Kind kind, std::string_view code, std::string_view text);

  KafkaReport take();
  std::vector<KafkaEvent> takeEvents();
  KafkaReturned takeReturned(size_t topic);

 private:
  void add(KafkaEvent::Kind kind, std::string_view code, std::string_view text, uint32_t topic = 0);

  std::mutex mutex_;
  KafkaReport sums_;
  std::vector<KafkaEvent> events_;
  std::array<KafkaReturned, kMaxTopics> returned_;
  std::array<bool, kMaxTopics> keyed_{};
};

}  // namespace weir
