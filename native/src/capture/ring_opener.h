// Opens the rings of a team as one fan-out group, and opens them anew when their interface is back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/af_packet.h"
#include "capture/packet_ring.h"

namespace weir {

// What one worker got. A null ring and `ended`: packets go to worker 0 alone. Null otherwise: the interface is down.
struct OpenedRing {
  std::shared_ptr<PacketRing> ring;
  uint64_t generation = 0;
  LinkType linkType = LinkType::ethernet;
  bool ended = false;
};

class RingOpener {
 public:
  explicit RingOpener(const PacketSourceOptions& options);

  // The worker's ring of a group newer than `generation`; opens the group when nobody has yet. Throws Error, also when
  // the interface does not exist.
  OpenedRing open(uint64_t generation);
  // True when the path of the namespace leads to another namespace than the rings are in, or nowhere.
  bool namespaceReplaced();
  // Notices of the opening (vnet header or fan-out program refused), once.
  std::vector<FrameSource::Notice> takeNotices();

 private:
  using Rings = std::vector<std::shared_ptr<PacketRing>>;

  bool openGroup();
  uint32_t findInterface(const PacketRing& ring) const;
  std::shared_ptr<PacketRing> makeRing(uint32_t index) const;
  bool joinAll(Rings& rings, bool ethernet);
  bool joinByProgram(Rings& rings, bool ethernet);
  void joinByKernelHash(Rings& rings);
  FilterProgram filterProgram(const std::string& interface, LinkType linkType, bool loopback) const;
  void warn(const std::string& text);

  const PacketSourceOptions options_;
  const uint32_t workers_;
  const std::shared_ptr<FanoutState> state_;
};

}  // namespace weir
