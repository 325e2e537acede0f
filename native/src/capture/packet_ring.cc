#include "capture/packet_ring.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

#ifndef PACKET_FANOUT_FLAG_UNIQUEID
#define PACKET_FANOUT_FLAG_UNIQUEID 0x2000
#endif
#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif
#ifndef TP_STATUS_VLAN_TPID_VALID
#define TP_STATUS_VLAN_TPID_VALID (1 << 6)
#endif

namespace weir {
namespace {

constexpr unsigned kRetireMs = 20;     // a block that is not full is handed over after this
constexpr unsigned kFrameSize = 2048;  // of no meaning with TPACKET_V3, but it must divide the block
constexpr uint64_t kNsPerSecond = 1'000'000'000;

// struct virtio_net_hdr of linux/virtio_net.h, which C++ cannot include.
struct VnetHeader {
  uint8_t flags, gsoType;
  uint16_t headerLength, gsoSize, checksumStart, checksumOffset;
};
static_assert(sizeof(VnetHeader) == 10);
constexpr uint8_t kGsoEcn = 0x80;  // a flag beside the type; 0 is "not a super-packet"

[[noreturn]] void fail(const char* code, const char* what, int reason) {
  throw Error(code, std::string(what) + ": " + std::strerror(reason));
}

bool setOption(int fd, int level, int option, const void* value, size_t size) {
  return ::setsockopt(fd, level, option, value, static_cast<socklen_t>(size)) == 0;
}

bool setOption(int fd, int option, int value) { return setOption(fd, SOL_PACKET, option, &value, sizeof value); }

static_assert(sizeof(FilterInstruction) == sizeof(sock_filter));

sock_fprog programOf(const FilterProgram& program) {
  auto* code = reinterpret_cast<sock_filter*>(const_cast<FilterInstruction*>(program.data()));
  return {static_cast<unsigned short>(program.size()), code};
}

Descriptor openSocket() {
  Descriptor fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd) return fd;
  if (errno == EPERM) fail("WEIR_PRIVILEGE", "cannot open a packet socket (CAP_NET_RAW is needed)", EPERM);
  fail("WEIR_INTERFACE", "cannot open a packet socket", errno);
}

}  // namespace

struct PacketRing::Block : tpacket_block_desc {
  bool ready() const {
    return (__atomic_load_n(&hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
  }
  void giveBack() { __atomic_store_n(&hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE); }
};

PacketRing::PacketRing(const PacketRingOptions& options) : socket_(openSocket()), promiscuous_(options.promiscuous) {
  setFilter({{BPF_RET | BPF_K, 0, 0, 0}});
  if (!setOption(fd(), PACKET_VERSION, TPACKET_V3)) fail("WEIR_INTERFACE", "the kernel has no TPACKET_V3", errno);
  if (options.superPackets) {
    vnet_ = setOption(fd(), PACKET_VNET_HDR, 1);
    if (!vnet_) vnetRefused_ = std::string("PACKET_VNET_HDR is refused: ") + std::strerror(errno);
  }
  requestRing(options);
}

void PacketRing::requestRing(const PacketRingOptions& options) {
  blockSize_ = options.ringBytes >= 4 * kBlock ? kBlock : kSmallBlock;
  blocks_ = std::max<size_t>(options.ringBytes / blockSize_, 2);
  tpacket_req3 request{};
  request.tp_block_size = static_cast<unsigned>(blockSize_);
  request.tp_block_nr = static_cast<unsigned>(blocks_);
  request.tp_frame_size = kFrameSize;
  request.tp_frame_nr = static_cast<unsigned>(blocks_ * (blockSize_ / kFrameSize));
  request.tp_retire_blk_tov = kRetireMs;
  const std::string size = std::to_string(blocks_ * blockSize_ >> 10) + " KiB";
  if (!setOption(fd(), SOL_PACKET, PACKET_RX_RING, &request, sizeof request)) {
    fail("WEIR_INTERFACE", ("cannot make a capture ring of " + size).c_str(), errno);
  }
  void* memory = ::mmap(nullptr, blocks_ * blockSize_, PROT_READ | PROT_WRITE, MAP_SHARED, fd(), 0);
  if (memory == MAP_FAILED) fail("WEIR_INTERFACE", ("cannot map a capture ring of " + size).c_str(), errno);
  memory_ = static_cast<uint8_t*>(memory);
}

PacketRing::~PacketRing() {
  if (memory_ != nullptr) ::munmap(memory_, blocks_ * blockSize_);
}

uint32_t PacketRing::indexOf(const std::string& name) const {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof request.ifr_name) return 0;
  name.copy(request.ifr_name, name.size());
  return ::ioctl(fd(), SIOCGIFINDEX, &request) == 0 ? static_cast<uint32_t>(request.ifr_ifindex) : 0;
}

bool PacketRing::describe(uint32_t index, int& flags, uint16_t& arphrd) const {
  ifreq request{};
  request.ifr_ifindex = static_cast<int>(index);
  if (::ioctl(fd(), SIOCGIFNAME, &request) != 0) return false;
  if (::ioctl(fd(), SIOCGIFFLAGS, &request) != 0) return false;
  flags = static_cast<uint16_t>(request.ifr_flags);
  if (::ioctl(fd(), SIOCGIFHWADDR, &request) != 0) return false;
  arphrd = request.ifr_hwaddr.sa_family;
  return true;
}

void PacketRing::ignoreSent() { setOption(fd(), PACKET_IGNORE_OUTGOING, 1); }

void PacketRing::bind() {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(index_);
  if (::bind(fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("WEIR_INTERFACE", "cannot bind the packet socket", errno);
  }
  if (!promiscuous_) return;
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(index_);
  request.mr_type = PACKET_MR_PROMISC;
  if (!setOption(fd(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request)) {
    fail("WEIR_INTERFACE", "cannot switch on promiscuous mode", errno);
  }
}

int PacketRing::joinFanout(int group, FanoutMode mode) {
  const uint32_t type = mode == FanoutMode::program ? PACKET_FANOUT_CBPF : PACKET_FANOUT_HASH;
  const uint32_t flags = group == kNewGroup ? PACKET_FANOUT_FLAG_UNIQUEID : 0;
  const uint32_t id = group == kNewGroup ? 0 : static_cast<uint32_t>(group);
  if (!setOption(fd(), PACKET_FANOUT, static_cast<int>(id | (type | flags) << 16))) {
    fail("WEIR_INTERFACE", "cannot join a fan-out group", errno);
  }
  int joined = 0;
  socklen_t size = sizeof joined;
  if (::getsockopt(fd(), SOL_PACKET, PACKET_FANOUT, &joined, &size) != 0) {
    fail("WEIR_INTERFACE", "cannot read the fan-out group", errno);
  }
  return joined & 0xffff;
}

void PacketRing::setFanoutProgram(const FilterProgram& program) {
  const sock_fprog code = programOf(program);
  if (!setOption(fd(), SOL_PACKET, PACKET_FANOUT_DATA, &code, sizeof code)) {
    fail("WEIR_INTERFACE", "the kernel refuses the fan-out program", errno);
  }
}

void PacketRing::setFilter(const FilterProgram& program) {
  const sock_fprog code = programOf(program);
  if (!setOption(fd(), SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof code)) {
    fail("WEIR_FILTER", "the kernel refuses the filter", errno);
  }
}

PacketRing::Block* PacketRing::block(size_t number) const {
  return static_cast<Block*>(reinterpret_cast<tpacket_block_desc*>(memory_ + number * blockSize_));
}

bool PacketRing::enterBlock() {
  if (held_ == blocks_) return false;
  const Block* entered = block(current_);
  if (!entered->ready()) return false;
  const auto* start = reinterpret_cast<const uint8_t*>(entered);
  const tpacket_hdr_v1& header = entered->hdr.bh1;
  leftInBlock_ = header.num_pkts;
  next_ = start + header.offset_to_first_pkt;
  end_ = start + blockSize_;
  ++held_;
  return true;
}

size_t PacketRing::take(std::span<Frame> out) {
  size_t count = 0;
  while (count < out.size()) {
    if (next_ == nullptr && !enterBlock()) break;
    for (; leftInBlock_ > 0 && count < out.size(); --leftInBlock_) {
      const auto* header = reinterpret_cast<const tpacket3_hdr*>(next_);
      ++taken_;
      if (fill(next_, end_, out[count])) {
        ++count;
      } else {
        ++corrupt_;
      }
      next_ += header->tp_next_offset;
    }
    if (leftInBlock_ > 0) break;
    next_ = nullptr;
    current_ = (current_ + 1) % blocks_;
  }
  return count;
}

bool PacketRing::fill(const uint8_t* at, const uint8_t* end, Frame& frame) {
  const auto* header = reinterpret_cast<const tpacket3_hdr*>(at);
  if (uint64_t{header->tp_mac} + header->tp_snaplen > static_cast<size_t>(end - at)) return false;
  const auto* link = reinterpret_cast<const sockaddr_ll*>(at + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
  frame.data = at + header->tp_mac;
  frame.captured = header->tp_snaplen;
  frame.wire = header->tp_len;
  frame.ns = header->tp_sec * kNsPerSecond + header->tp_nsec;
  frame.direction = link->sll_pkttype == PACKET_OUTGOING ? FrameDirection::sent : FrameDirection::received;
  frame.interface = static_cast<uint32_t>(link->sll_ifindex);
  frame.vlanTpid = 0;
  frame.vlanTci = 0;
  if ((header->tp_status & TP_STATUS_VLAN_VALID) != 0) {
    const bool known = (header->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    frame.vlanTpid = known ? header->hv1.tp_vlan_tpid : ETH_P_8021Q;
    frame.vlanTci = static_cast<uint16_t>(header->hv1.tp_vlan_tci);
  }
  frame.gsoHeader = 0;
  frame.gsoSize = 0;
  if (vnet_) {
    VnetHeader vnet;  // right in front of the frame, host byte order
    std::memcpy(&vnet, frame.data - sizeof vnet, sizeof vnet);
    if ((vnet.gsoType & ~kGsoEcn) != 0 && vnet.gsoSize != 0) {
      frame.gsoHeader = 1;
      frame.gsoSize = vnet.gsoSize;
    }
  }
  return true;
}

void PacketRing::release() {
  const size_t done = next_ == nullptr ? held_ : held_ - 1;  // the last one is still being walked
  for (size_t i = 0; i < done; i++) {
    block(firstHeld_)->giveBack();
    firstHeld_ = (firstHeld_ + 1) % blocks_;
  }
  held_ -= done;
}

int PacketRing::wait(int waitMs) {
  pollfd wait{fd(), POLLIN, 0};
  if (::poll(&wait, 1, waitMs) <= 0 || (wait.revents & POLLERR) == 0) return 0;
  int reason = 0;
  socklen_t size = sizeof reason;
  return ::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
}

PacketRing::Statistics PacketRing::statistics() {
  tpacket_stats_v3 kernel{};
  socklen_t size = sizeof kernel;
  if (::getsockopt(fd(), SOL_PACKET, PACKET_STATISTICS, &kernel, &size) != 0) return {};
  const uint64_t accepted = kernel.tp_packets - kernel.tp_drops;  // tp_packets counts the dropped ones too
  accepted_ += accepted;
  return {accepted, kernel.tp_drops};
}

}  // namespace weir
