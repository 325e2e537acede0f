#include "capture/fanout.h"

#include <linux/filter.h>
#include <linux/if_packet.h>

#include <initializer_list>

#include "base/cursor.h"
#include "capture/bpf_assembler.h"

namespace weir {
namespace {

// Odd multipliers with well-spread bits (from MurmurHash3 and xxHash32).
constexpr uint32_t kMixAddress = 0x85ebca6b, kMixPort = 0xc2b2ae35, kMixEndpoint = 0x9e3779b1, kMixSum = 0x27d4eb2f;

constexpr uint32_t kTypeIp4 = 0x0800, kTypeIp6 = 0x86dd, kTypeBridged = 0x6558;

uint32_t foldAddress(const uint8_t address[16]) {
  return loadBe32(address) ^ loadBe32(address + 4) ^ loadBe32(address + 8) ^ loadBe32(address + 12);
}

uint32_t mixEndpoint(uint32_t fold, uint32_t port) {
  uint32_t mixed = fold * kMixAddress;
  mixed ^= mixed >> 16;
  mixed = (mixed + port * kMixPort) * kMixEndpoint;
  return mixed ^ mixed >> 15;
}

// Scratch memory of the program.
enum Slot : uint32_t { base, foldSource, foldDestination, ports, protocol, type, scratch };

class FanoutAssembler : BpfAssembler {
 public:
  explicit FanoutAssembler(const FanoutProgramOptions& options) : options_(options) {}

  FilterProgram build() {
    const Label outerType = label(), outerIp = label();
    set(0);
    store(base);
    if (options_.ethernet) {
      linkOfKernel(outerType);
    } else {
      jump(outerIp);
    }
    packet(outerType, outerIp, reject_, options_.tunnels);
    if (options_.tunnels) envelopes();
    place(finish_);
    finishHash();
    place(reject_);
    emit(BPF_RET | BPF_K, 0);
    return finish();
  }

 private:
  void advance(uint32_t octets) {
    fetch(base);
    alu(BPF_ADD, octets);
    store(base);
  }
  void anyOf(std::initializer_list<uint32_t> values, Label to) {
    for (const uint32_t value : values) jumpIf(BPF_JEQ, value, to);
  }

  // Received: data at the network header, the EtherType is the packet's protocol. Sent: data at the MAC header.
  void linkOfKernel(Label typeKnown) {
    const Label received = label();
    emit(BPF_LD | BPF_B | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE));
    jumpUnless(BPF_JEQ, PACKET_OUTGOING, received);
    advance(14);
    emit(BPF_LD | BPF_H | BPF_ABS, 12);
    jump(typeKnown);
    place(received);
    emit(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
    jump(typeKnown);
  }

  // typeKnown: A = EtherType, base behind it. ipKnown: base at an IP header. other: where what is not IP goes.
  void packet(Label typeKnown, Label ipKnown, Label other, bool open) {
    const Label ip4 = label(), ip6 = label(), extensions = label(), transport = label();
    place(typeKnown);
    vlanTags();
    pppoe(ipKnown, other);
    mpls(ipKnown, other);
    anyOf({kTypeIp4, kTypeIp6}, ipKnown);
    jump(other);
    place(ipKnown);
    fetchX(base);
    load8(0);
    alu(BPF_RSH, 4);
    jumpIf(BPF_JEQ, 4, ip4);
    jumpIf(BPF_JEQ, 6, ip6);
    jump(other);
    place(ip4);
    readIp4(extensions, transport);
    place(ip6);
    readIp6();
    place(extensions);
    skipExtensions(transport);
    place(transport);
    readTransport(open);
  }

  void vlanTags() {
    for (int i = 0; i < 2; i++) {
      const Label tag = label(), none = label();
      anyOf({0x8100, 0x88a8, 0x9100}, tag);
      jump(none);
      place(tag);
      fetchX(base);
      load16(2);
      store(type);
      advance(4);
      fetch(type);
      place(none);
    }
  }

  void pppoe(Label ipKnown, Label other) {
    const Label none = label();
    jumpUnless(BPF_JEQ, 0x8864, none);
    fetchX(base);
    load16(6);
    store(type);
    advance(8);
    fetch(type);
    anyOf({0x0021, 0x0057}, ipKnown);
    jump(other);
    place(none);
  }

  void mpls(Label ipKnown, Label other) {
    const Label stack = label(), none = label();
    anyOf({0x8847, 0x8848}, stack);
    jump(none);
    place(stack);
    for (int i = 0; i < 4; i++) {
      fetchX(base);
      load32(0);
      store(scratch);
      advance(4);
      fetch(scratch);
      jumpIf(BPF_JSET, 0x100, ipKnown);  // bottom of stack
    }
    jump(other);
    place(none);
  }

  void readIp4(Label extensions, Label transport) {
    for (const Slot slot : {foldSource, foldDestination}) {
      load32(slot == foldSource ? 12 : 16);
      alu(BPF_XOR, 0xffff);  // the constant part of ::ffff:a.b.c.d
      store(slot);
    }
    set(0);
    store(ports);
    load16(6);
    jumpIf(BPF_JSET, 0x3fff, finish_);  // MF or an offset
    load8(9);
    store(protocol);
    load8(0);
    alu(BPF_AND, 0x0f);
    alu(BPF_LSH, 2);
    aluX(BPF_ADD);
    store(base);
    fetch(protocol);
    jumpIf(BPF_JEQ, 51, extensions);
    jump(transport);
  }

  void readIp6() {
    for (const Slot slot : {foldSource, foldDestination}) {
      const uint32_t address = slot == foldSource ? 8 : 24;
      load32(address);
      store(slot);
      for (uint32_t word = 4; word < 16; word += 4) {
        load32(address + word);
        fetchX(slot);
        aluX(BPF_XOR);
        store(slot);
        fetchX(base);
      }
    }
    set(0);
    store(ports);
    load8(6);
    store(protocol);
    advance(40);
  }

  void skipExtensions(Label transport) {
    for (int i = 0; i < 6; i++) {
      const Label plain = label(), fragment = label(), ah = label(), next = label();
      fetchX(base);
      fetch(protocol);
      anyOf({0, 43, 60, 135, 139, 140}, plain);
      jumpIf(BPF_JEQ, 44, fragment);
      jumpIf(BPF_JEQ, 51, ah);
      jump(transport);
      place(fragment);
      load16(2);
      jumpIf(BPF_JSET, 0xfff9, finish_);  // an offset or M
      place(plain);  // the reserved octet of a fragment header is 0, as its length would be
      nextProtocol();
      alu(BPF_ADD, 1);
      alu(BPF_LSH, 3);
      jump(next);
      place(ah);
      nextProtocol();
      alu(BPF_ADD, 2);
      alu(BPF_LSH, 2);
      place(next);
      aluX(BPF_ADD);
      store(base);
    }
  }
  // Leaves the length octet in A.
  void nextProtocol() {
    load8(0);
    store(protocol);
    load8(1);
  }

  void readTransport(bool open) {
    const Label hasPorts = label();
    fetchX(base);
    fetch(protocol);
    anyOf({6, 17, 132, 136, 33}, hasPorts);
    if (open) {
      jumpIf(BPF_JEQ, 47, gre_);
      anyOf({4, 41}, innerIp_);
    }
    jump(finish_);
    place(hasPorts);
    load32(0);
    store(ports);
    if (open) {
      fetch(protocol);
      jumpIf(BPF_JEQ, 17, udp_);
    }
    jump(finish_);
  }

  // What is in an envelope and is not IP leaves the outer packet's hash.
  void envelopes() {
    const Label vxlan = label(), geneve = label(), gtpu = label(), ethernet = label(), innerType = label();
    place(udp_);
    fetch(ports);
    alu(BPF_AND, 0xffff);
    anyOf({4789, 8472}, vxlan);
    jumpIf(BPF_JEQ, 6081, geneve);
    jumpIf(BPF_JEQ, 2152, gtpu);
    jump(finish_);
    place(vxlan);
    load8(8);
    jumpUnless(BPF_JSET, 0x08, finish_);
    advance(16);
    jump(ethernet);
    place(geneve);
    openGeneve(ethernet, innerType);
    place(gtpu);
    openGtpu();
    place(gre_);
    openGre(ethernet, innerType);
    place(ethernet);
    fetchX(base);
    load16(12);
    store(type);
    advance(14);
    fetch(type);
    packet(innerType, innerIp_, finish_, false);
  }

  void openGeneve(Label ethernet, Label innerType) {
    load16(10);
    store(type);
    load8(8);
    jumpIf(BPF_JSET, 0xc0, finish_);  // version
    alu(BPF_AND, 0x3f);
    alu(BPF_LSH, 2);
    alu(BPF_ADD, 16);
    aluX(BPF_ADD);
    store(base);
    fetch(type);
    jumpIf(BPF_JEQ, kTypeBridged, ethernet);
    jump(innerType);
  }

  // Version 1, T-PDU; with any flag four more octets, the last of which names the first extension header.
  void openGtpu() {
    const Label extended = label();
    load16(8);
    alu(BPF_AND, 0xf0ff);
    jumpUnless(BPF_JEQ, 0x30ff, finish_);
    load8(8);
    jumpIf(BPF_JSET, 0x07, extended);
    advance(16);
    jump(innerIp_);
    place(extended);
    load8(19);
    store(type);
    load8(8);
    store(scratch);
    advance(20);
    fetch(scratch);
    jumpUnless(BPF_JSET, 0x04, innerIp_);
    for (int i = 0; i < 2; i++) {
      fetch(type);
      jumpIf(BPF_JEQ, 0, innerIp_);
      fetchX(base);
      load8(0);  // length in four octets; the extension's last octet names the next
      alu(BPF_LSH, 2);
      aluX(BPF_ADD);
      store(base);
      alu(BPF_SUB, 1);
      emit(BPF_MISC | BPF_TAX);
      load8(0);
      store(type);
    }
    jump(innerIp_);
  }

  void openGre(Label ethernet, Label innerType) {
    load16(2);
    store(type);
    load16(0);
    jumpIf(BPF_JSET, 0x4007, finish_);  // routing, or version 1 (PPTP)
    store(scratch);
    advance(4);
    for (const uint32_t flag : {0x8000u, 0x2000u, 0x1000u}) {  // checksum, key, sequence
      const Label absent = label();
      fetch(scratch);
      jumpUnless(BPF_JSET, flag, absent);
      advance(4);
      place(absent);
    }
    fetch(type);
    jumpIf(BPF_JEQ, kTypeBridged, ethernet);
    jump(innerType);
  }

  // A ^= A >> bits
  void xorShift(uint32_t bits) {
    store(scratch);
    fetchX(scratch);
    alu(BPF_RSH, bits);
    aluX(BPF_XOR);
  }
  void mixEndpointOf(Slot fold, bool source) {
    fetch(fold);
    alu(BPF_MUL, kMixAddress);
    xorShift(16);
    store(fold);
    fetch(ports);
    if (source) {
      alu(BPF_RSH, 16);
    } else {
      alu(BPF_AND, 0xffff);
    }
    alu(BPF_MUL, kMixPort);
    fetchX(fold);
    aluX(BPF_ADD);
    alu(BPF_MUL, kMixEndpoint);
    xorShift(15);
    store(fold);
  }
  void finishHash() {
    mixEndpointOf(foldSource, true);
    mixEndpointOf(foldDestination, false);
    fetchX(foldSource);
    aluX(BPF_ADD);
    alu(BPF_MUL, kMixSum);
    xorShift(16);
    emit(BPF_RET | BPF_A);
  }

  const FanoutProgramOptions options_;
  const Label finish_ = label(), reject_ = label(), udp_ = label(), gre_ = label(), innerIp_ = label();
};

}  // namespace

uint32_t fanoutHash(const uint8_t addressA[16], const uint8_t addressB[16], uint16_t portA, uint16_t portB,
                    bool fragment) {
  const uint32_t mixed = (mixEndpoint(foldAddress(addressA), fragment ? 0 : portA) +
                          mixEndpoint(foldAddress(addressB), fragment ? 0 : portB)) *
                         kMixSum;
  return mixed ^ mixed >> 16;
}

FilterProgram fanoutProgram(const FanoutProgramOptions& options) { return FanoutAssembler(options).build(); }

}  // namespace weir
