// Which flow later IP fragments belong to: remembers the ports of first fragments. No reassembly, fixed memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "decode/transport.h"
#include "fields/flow_record.h"

namespace weir {

// One datagram in flight. Compared as 48 octets of memory.
struct FragmentKey {
  Address source{};
  Address destination{};
  uint32_t id = 0;
  uint16_t observationPoint = 0;
  uint16_t vlanId = 0;
  uint8_t protocol = 0;  // 0 for IPv6 (RFC 8200 section 4.5)
  uint8_t ipVersion = 0;
  uint8_t padding[6] = {};
};
static_assert(sizeof(FragmentKey) == 48);

// What the first fragment told.
struct FragmentState {
  Ports ports;
  uint32_t spi = 0;
  uint8_t protocol = 0;  // behind all extension headers
  bool hasSpi = false;
  bool decapsulated = false;  // its inner packet was metered, with all of its octets
};

// The entries form a ring, oldest first, so that eviction is by age; chains over the buckets find them.
class FragmentTable {
 public:
  static constexpr uint64_t kMaxAgeNs = 30'000'000'000;  // packet time

  // entries: datagrams remembered, at least 1.
  explicit FragmentTable(uint32_t entries);
  // Remembers a first fragment; one of the same key is replaced. True when a datagram still in its time had to go.
  bool put(const FragmentKey& key, uint64_t ns, const FragmentState& state);
  // The first fragment of a later one, or null; valid until the next put().
  const FragmentState* find(const FragmentKey& key, uint64_t ns) const;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Entry {
    FragmentKey key;
    FragmentState state;
    uint64_t ns = 0;
    uint32_t next = kNone;
    bool used = false;
  };

  uint32_t& bucketOf(const FragmentKey& key);
  uint32_t lookup(const FragmentKey& key) const;
  void unlink(uint32_t index);

  std::vector<Entry> entries_;
  std::vector<uint32_t> buckets_;  // a power of two
  uint32_t oldest_ = 0;
  HashSeed seed_;
};

}  // namespace weir
