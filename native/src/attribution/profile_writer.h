// Writes EndpointProfiles and their texts into a batch's heap, each once a batch. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "attribution/container_table.h"
#include "attribution/process_table.h"
#include "fields/batch_buffer.h"
#include "fields/endpoint_profile.h"

namespace weir {

struct ProfileOptions {
  bool commandLines = true;
  bool redact = true;
  unsigned ancestors = 0;
  std::string nodeName;
};

class ProfileWriter {
 public:
  ProfileWriter(const ProfileOptions& options, const ProcessTable& processes, const ContainerTable& containers)
      : options_(options), processes_(processes), containers_(containers) {}

  // A batch that is filled anew: what was written into the one before is gone.
  void begin(int64_t bootToRealNs);
  // FlowEndpoint.profile of a process that uses a socket of that namespace; 0 when the heap is full even for its short form
  // (without command line and labels).
  uint32_t process(BatchBuffer& batch, const ProcessKey& key, uint64_t netnsCookie, uint32_t netns);
  // Of a container alone: one of its processes tells which.
  uint32_t container(BatchBuffer& batch, const ProcessKey& key, uint64_t netnsCookie, uint32_t netns);

  uint64_t shortened() const { return shortened_; }
  uint64_t dropped() const { return dropped_; }

 private:
  struct Texts;
  using Key = std::tuple<uint32_t, uint64_t, uint64_t, bool>;

  template <class Fill>
  uint32_t once(BatchBuffer& batch, const Key& key, Fill&& fill);
  void fillProcess(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const;
  void fillFacts(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const;
  void fillContainer(EndpointProfile& profile, Texts& texts, const ProcessEntry& entry) const;

  ProfileOptions options_;
  const ProcessTable& processes_;
  const ContainerTable& containers_;
  int64_t bootToRealNs_ = 0;
  std::map<Key, uint32_t> written_;
  uint64_t shortened_ = 0, dropped_ = 0;
};

}  // namespace weir
