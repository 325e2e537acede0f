// One AF_PACKET socket (SOCK_RAW) with a TPACKET_V3 block ring, and the walk over it.
//
// Order of use: construct (captures nothing: protocol 0 and a filter that refuses everything), bind(), joinFanout(),
// setFilter(). So no frame of another interface, and none that the filter would refuse, is ever in the ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/descriptor.h"
#include "capture/frame.h"
#include "capture/user_filter.h"

namespace weir {

struct PacketRingOptions {
  size_t ringBytes = 16u << 20;  // memory, rounded down to whole blocks, at least two
  bool superPackets = true;      // ask for the vnet header
  bool promiscuous = false;
};

class PacketRing {
 public:
  static constexpr size_t kBlock = 1u << 20, kSmallBlock = 256u << 10;
  static constexpr int kNewGroup = -1;
  enum class FanoutMode : uint8_t { program, kernelHash };

  // Opens in the calling thread's network namespace. Throws Error WEIR_PRIVILEGE or WEIR_INTERFACE.
  explicit PacketRing(const PacketRingOptions& options);
  ~PacketRing();
  PacketRing(const PacketRing&) = delete;
  PacketRing& operator=(const PacketRing&) = delete;

  // Of the socket's namespace, whichever the thread is in: ifIndex of a name (0 = none), IFF_ flags and ARPHRD_ type of
  // an index (false = no such interface).
  uint32_t indexOf(const std::string& name) const;
  bool describe(uint32_t index, int& flags, uint16_t& arphrd) const;

  void setIndex(uint32_t index) { index_ = index; }
  uint32_t index() const { return index_; }
  void ignoreSent();  // the kernel need not clone sent packets for us; a hint, the filter decides
  // Every protocol of the interface. Throws Error WEIR_INTERFACE.
  void bind();
  // group: kNewGroup or what another ring's joinFanout() returned. Returns the group. Throws Error WEIR_INTERFACE.
  int joinFanout(int group, FanoutMode mode);
  void setFanoutProgram(const FilterProgram& program);
  // Program of the classic filter; its result is the snap length. Throws Error WEIR_FILTER.
  void setFilter(const FilterProgram& program);

  // Frames without waiting, at most out.size(). They stay good until release(). Leaves linkType and observationPoint.
  size_t take(std::span<Frame> out);
  // Gives back to the kernel all blocks whose frames were taken.
  void release();
  // Waits for a block, at most waitMs. The pending socket error (ENETDOWN ...), or 0.
  int wait(int waitMs);

  struct Statistics {
    uint64_t accepted = 0;  // frames the kernel put into the ring
    uint64_t dropped = 0;   // frames it had no room for
  };
  // Since the last call.
  Statistics statistics();
  // Everything the kernel accepted was taken (as of the last statistics()).
  bool drained() const { return taken_ >= accepted_; }

  int fd() const { return socket_.get(); }
  const std::string& vnetRefused() const { return vnetRefused_; }  // the reason, empty when the header is there
  uint64_t takeCorrupt() { return std::exchange(corrupt_, 0); }    // frames outside their block, since the last call

 private:
  struct Block;
  Block* block(size_t number) const;
  bool enterBlock();
  bool fill(const uint8_t* header, const uint8_t* end, Frame& frame);
  void requestRing(const PacketRingOptions& options);

  Descriptor socket_;
  uint8_t* memory_ = nullptr;
  size_t blockSize_ = kBlock, blocks_ = 0;
  bool promiscuous_;
  std::string vnetRefused_;
  bool vnet_ = false;
  uint32_t index_ = 0;
  size_t current_ = 0;            // block being walked, or the next one
  size_t firstHeld_ = 0, held_ = 0;  // blocks taken and not yet given back
  uint32_t leftInBlock_ = 0;
  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  uint64_t taken_ = 0, accepted_ = 0, corrupt_ = 0;
};

}  // namespace weir
