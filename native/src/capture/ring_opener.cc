#include "capture/ring_opener.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "capture/fanout.h"
#include "capture/interfaces.h"
#include "capture/live_filter.h"
#include "capture/netns.h"

namespace weir {
namespace {

constexpr uint32_t kWholeFrame = 0x40000;  // as tcpdump's default

// Inode of a namespace, 0 when the path leads nowhere.
uint64_t inodeOf(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

RingOpener::RingOpener(const PacketSourceOptions& options)
    : options_(options),
      workers_(std::max(options.workers, options.workerIndex + 1)),
      state_(options.fanout ? options.fanout : std::make_shared<FanoutState>()) {}

OpenedRing RingOpener::open(uint64_t generation) {
  const std::lock_guard lock(state_->mutex_);
  if (state_->generation_ <= generation && !openGroup()) return {};
  OpenedRing opened;
  opened.generation = state_->generation_;
  opened.linkType = linkTypeOf(state_->arphrd_, options_.interface);
  opened.ended = options_.workerIndex >= state_->rings_.size();
  if (!opened.ended) opened.ring = state_->rings_[options_.workerIndex];
  return opened;
}

// False when the interface is down. The old group's rings live on with the workers that still read them.
bool RingOpener::openGroup() {
  const NetnsScope scope(options_.netns);
  std::shared_ptr<PacketRing> first = makeRing(0);
  const uint32_t index = findInterface(*first);
  const std::string where = options_.netns.empty() ? "" : " in network namespace " + options_.netns;
  int flags = 0;
  uint16_t arphrd = 0;
  if (index == 0 || !first->describe(index, flags, arphrd)) {
    throw Error("WEIR_INTERFACE", "there is no interface '" + options_.interface + "'" + where);
  }
  const LinkType linkType = linkTypeOf(arphrd, options_.interface);
  if ((flags & IFF_UP) == 0) return false;
  char current[IF_NAMESIZE] = "";
  const std::string name = ::if_indextoname(index, current) != nullptr ? current : options_.interface;
  const FilterProgram filter = filterProgram(name, linkType, (flags & IFF_LOOPBACK) != 0);
  first->setIndex(index);
  Rings rings = {first};
  while (rings.size() < workers_) rings.push_back(makeRing(index));
  const bool placed = joinAll(rings, linkType == LinkType::ethernet);
  for (const auto& ring : rings) ring->setFilter(filter);
  if (!first->vnetRefused().empty()) {
    warn(first->vnetRefused() + "; super-packets (GRO, TSO) count as one packet: switch the offloads off with "
         "`ethtool -K " + options_.interface + " gro off tso off gso off`");
  }
  state_->rings_ = std::move(rings);
  state_->programInUse_ = placed;
  state_->programRefused_ = workers_ > 1 && !placed;
  state_->arphrd_ = arphrd;
  state_->netnsInode_ = options_.netns.empty() ? 0 : inodeOf(options_.netns);
  ++state_->generation_;
  return true;
}

// By the index given for the first opening, as the interface may have got another name; later by name alone.
uint32_t RingOpener::findInterface(const PacketRing& ring) const {
  int flags = 0;
  uint16_t arphrd = 0;
  const bool given = state_->generation_ == 0 && options_.interfaceIndex != 0;
  if (given && ring.describe(options_.interfaceIndex, flags, arphrd)) return options_.interfaceIndex;
  return ring.indexOf(options_.interface);
}

std::shared_ptr<PacketRing> RingOpener::makeRing(uint32_t index) const {
  PacketRingOptions options;
  options.ringBytes = options_.ringBytes;
  options.superPackets = options_.superPackets;
  options.promiscuous = options_.promiscuous;
  auto ring = std::make_shared<PacketRing>(options);
  ring->setIndex(index);
  if (options_.direction == CaptureDirection::received) ring->ignoreSent();
  return ring;
}

// Nothing passes the rings' filters until all of them have joined, so no packet is placed among too few workers.
// True when the fan-out program places the packets.
bool RingOpener::joinAll(Rings& rings, bool ethernet) {
  if (workers_ == 1) {
    rings[0]->bind();
    return false;
  }
  if (options_.fanoutProgram && joinByProgram(rings, ethernet)) return true;
  // A socket cannot leave its group: start over with new ones.
  for (auto& ring : rings) ring = makeRing(ring->index());
  joinByKernelHash(rings);
  return false;
}

bool RingOpener::joinByProgram(Rings& rings, bool ethernet) {
  int group = PacketRing::kNewGroup;
  for (const auto& ring : rings) ring->bind();
  try {
    for (const auto& ring : rings) group = ring->joinFanout(group, PacketRing::FanoutMode::program);
    rings[0]->setFanoutProgram(fanoutProgram({ethernet, options_.tunnels}));
    return true;
  } catch (const Error& error) {
    warn(error.what());
    return false;
  }
}

void RingOpener::joinByKernelHash(Rings& rings) {
  const std::string workers = std::to_string(workers_) + " workers";
  if (options_.tunnels) {
    rings.resize(1);
    rings[0]->bind();
    warn("without the fan-out program one worker captures instead of " + workers + ", as tunnels are to be opened");
    return;
  }
  int group = PacketRing::kNewGroup;
  for (const auto& ring : rings) ring->bind();
  for (const auto& ring : rings) group = ring->joinFanout(group, PacketRing::FanoutMode::kernelHash);
  warn("without the fan-out program the kernel's own hash spreads packets over " + workers +
       "; fragments may reach another worker than their flow");
}

FilterProgram RingOpener::filterProgram(const std::string& interface, LinkType linkType, bool loopback) const {
  const uint32_t snapLength = options_.snapLength == 0 ? kWholeFrame : options_.snapLength;
  FilterProgram program;
  if (options_.filter.empty()) {
    program = {{BPF_RET | BPF_K, 0, 0, snapLength}};
  } else {
    program = compileLiveFilter(options_.filter, interface, linkType, snapLength);
  }
  const bool onlySent = options_.direction == CaptureDirection::sent;
  if (!onlySent && options_.direction == CaptureDirection::both && !loopback) return program;
  const auto packetType = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
  const uint8_t ifSent = onlySent ? 1 : 0, ifReceived = onlySent ? 0 : 1;
  const FilterProgram direction = {
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, packetType},
      {BPF_JMP | BPF_JEQ | BPF_K, ifSent, ifReceived, PACKET_OUTGOING},
      {BPF_RET | BPF_K, 0, 0, 0},
  };
  program.insert(program.begin(), direction.begin(), direction.end());
  return program;
}

bool RingOpener::namespaceReplaced() {
  if (options_.netns.empty()) return false;
  const std::lock_guard lock(state_->mutex_);
  return state_->netnsInode_ != 0 && inodeOf(options_.netns) != state_->netnsInode_;
}

void RingOpener::warn(const std::string& text) {
  state_->notices_.push_back({FrameSource::Notice::warning, "WEIR_INTERFACE", options_.interface + ": " + text});
}

std::vector<FrameSource::Notice> RingOpener::takeNotices() {
  const std::lock_guard lock(state_->mutex_);
  return std::exchange(state_->notices_, {});
}

}  // namespace weir
