// Live capture from one interface: an AF_PACKET ring per worker (TPACKET_V3), a fan-out group over the workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capture/frame.h"

namespace weir {

class PacketRing;

enum class CaptureDirection : uint8_t { both, received, sent };

// What the workers of one interface share: they open their rings as one group, in the order of the workers, because
// the kernel numbers the members of a fan-out group in the order in which they join. One object for each interface and
// team, made before the sources; safe to use from any thread.
class FanoutState {
 public:
  // The kernel places packets by fanoutHash(), so a flow's worker can be computed. False before open().
  bool programInUse() const { return programInUse_.load(std::memory_order_acquire); }
  // The kernel refused the program: it spreads by its own hash (plain traffic), or, with tunnels, all packets go to
  // worker 0 and the sources of the other workers end at once.
  bool programRefused() const { return programRefused_.load(std::memory_order_acquire); }

 private:
  friend class RingOpener;
  std::atomic<bool> programInUse_{false}, programRefused_{false};
  std::mutex mutex_;  // what follows
  uint64_t generation_ = 0;  // 0: not open yet; +1 each time the group is opened anew
  std::vector<std::shared_ptr<PacketRing>> rings_;  // by worker
  std::vector<FrameSource::Notice> notices_;        // for worker 0
  uint16_t arphrd_ = 0;
  uint64_t netnsInode_ = 0;
};

struct PacketSourceOptions {
  std::string interface;  // name
  uint32_t interfaceIndex = 0;  // known to be its ifIndex now; 0, or gone at open(): found by name
  std::string netns;      // path of a network namespace (netnsPath()), empty = the own one
  uint16_t observationPoint = 0;
  CaptureDirection direction = CaptureDirection::both;
  bool promiscuous = true;
  uint32_t snapLength = 0;        // octets kept of a frame, 0 = all
  size_t ringBytes = 16u << 20;   // memory of one worker's ring
  std::string filter;             // pcap-filter(7), run by the kernel
  bool tunnels = false;           // fan out by inner addresses and ports
  bool superPackets = true;       // vnet header: GRO/TSO super-packets carry their segment size
  bool fanoutProgram = true;      // false: the kernel's own hash, as where the program is refused
  uint32_t workerIndex = 0;       // within the team
  uint32_t workers = 1;           // of the team
  std::shared_ptr<FanoutState> fanout;  // the team's; may be null with one worker
};

// A source that never ends by itself (but see FanoutState::programRefused). All sources of a team have the same options
// but `workerIndex`. The open() that comes first opens the rings of the whole team, so a ring may fill before its
// worker reads; the others take theirs.
//
// open() throws Error WEIR_PRIVILEGE, WEIR_NETNS, WEIR_INTERFACE (no such interface), WEIR_LINKTYPE or WEIR_FILTER. An
// interface that is down is no error: the source waits for it. Later an interface that goes down, vanishes or is
// replaced (also together with its namespace) is told by a notice, and again when it is back; refresh() is what notices
// a replaced namespace. Re-opening in another namespace needs CAP_SYS_ADMIN, all re-opening CAP_NET_RAW.
//
// Directions are told apart in the kernel, in front of the filter, so `filtered` stays 0. On loopback every packet
// passes twice, sent and received; the sent copy is left out unless direction is `sent`. interfaceLosses, reattached
// and all notices are worker 0's alone, so sums over a team are right. A super-packet of a kind that the vnet header
// cannot name (SCTP) is dropped by the kernel and counted in kernelDrops.
std::unique_ptr<FrameSource> makePacketSource(const PacketSourceOptions& options);

}  // namespace weir
