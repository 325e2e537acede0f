// Which worker a packet goes to: one symmetric hash, as C++ over a flow key and as a BPF program for the kernel.
#pragma once

#include <cstdint>

#include "capture/user_filter.h"

namespace weir {

// Hash of a conversation, equal in both directions. Addresses: 16 octets, IPv4 as ::ffff:a.b.c.d; ports in host order.
// fragment: hash by addresses alone, as the kernel's program must (later fragments carry no ports).
uint32_t fanoutHash(const uint8_t addressA[16], const uint8_t addressB[16], uint16_t portA, uint16_t portB,
                    bool fragment);

// Index of the worker, the same remainder that the kernel takes of the program's result.
inline uint32_t fanoutWorker(uint32_t hash, uint32_t workers) { return hash % workers; }

struct FanoutProgramOptions {
  bool ethernet = true;  // frames begin with an Ethernet header; false: with the IP header
  bool tunnels = false;  // hash the inner addresses and ports, one envelope deep
};

// The program for PACKET_FANOUT_CBPF: returns fanoutHash() of the packet, 0 when it is not IP or too short.
// It looks behind two in-band VLAN tags, PPPoE, four MPLS labels, IPv6 extension headers and AH. With tunnels: behind
// VXLAN, GENEVE, GRE (version 0 without routing), GTP-U, IP-in-IP and 6in4, when what is inside is IP and the outer
// packet is whole. Fragments hash by addresses; an IPv6 fragment header on a whole packet (RFC 6946) is skipped.
//
// The kernel calls it with the data at the network header of received packets and at the MAC header of sent ones;
// the program tells them apart by the packet type. It uses no SKF_NET_OFF or SKF_LL_OFF: before Linux 6.16 those
// reach only the linear part of a packet, and inner headers may lie behind it.
FilterProgram fanoutProgram(const FanoutProgramOptions& options);

}  // namespace weir
