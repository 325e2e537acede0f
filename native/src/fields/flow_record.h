// The flow record: what a worker measures and what an encoder reads. Written by hand, in cache-line order.
// The flow cache keeps the same blocks as parallel arrays, so a record leaves it as plain block copies.
// Host byte order everywhere, except addresses and MACs (network order). Times are ns since the Unix epoch.
//
// Arrays of two are indexed by side: [0] belongs to the source (the initiator, packets from it), [1] to the
// destination. Only FlowKey inside the cache is in canonical order instead (see FlowKey).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir {

// IPv6 address, or IPv4 as ::ffff:a.b.c.d, network byte order.
using Address = std::array<uint8_t, 16>;
using MacAddress = std::array<uint8_t, 6>;

// The full flow key; every octet counts, compared as 48 octets of memory.
// Canonical order (in the cache and in Packet): endpoint 0 is the lower one by (address, port).
// In an exported FlowRecord endpoint 0 is the source (initiator).
struct FlowKey {
  Address address[2];
  uint16_t port[2];           // 0 where the protocol has none; ICMP echo: both 0 (id lives in no key)
  uint8_t protocol;           // IP protocol number of the metered (innermost) packet
  uint8_t ipVersion;          // 4 or 6
  uint16_t vlanId;            // outer 802.1Q/ad id, 0 = untagged
  uint16_t innerVlanId;       // second tag's id, 0 = none
  uint16_t observationPoint;  // index in the ObservationPointTable
  uint32_t tunnelKey;         // (tunnel type << 24 | VNI) where both directions share the id (VXLAN, GENEVE), else 0
};
static_assert(sizeof(FlowKey) == 48);

// flowEndReason (IANA 136).
enum class EndReason : uint8_t { none = 0, idle = 1, active = 2, endOfFlow = 3, forced = 4, lackOfResources = 5 };

// How the source (initiator) was decided: own field directionMethod.
enum class DirectionMethod : uint8_t {
  firstPacket = 0,  // nothing better: the sender of the first packet seen
  syn = 1,          // TCP SYN without ACK, SCTP INIT
  synAck = 2,       // first packet seen was the answer (SYN+ACK, INIT ACK): its receiver is the source
  request = 3,      // ICMP/ICMPv6 echo: the sender of requests, seen or implied by a reply
  socket = 4,       // kernel socket knowledge (connect/accept)
};

// Of FlowHot.tcpFlags.
inline constexpr uint8_t kTcpFin = 0x01, kTcpSyn = 0x02, kTcpRst = 0x04, kTcpAck = 0x10;

// Blocks, so that only what the templates need is measured and carried (FlowNeeds).
struct alignas(64) FlowHot {  // always; two cache lines
  FlowKey key;
  union {
    uint32_t hash;      // in the cache: of the key
    uint32_t sampling;  // in a record: one of so many packets was metered; 0 and 1 = all
  };
  union {
    uint32_t wheelTick;  // in the cache: the expiry wheel slot that refers to this entry
    uint32_t scale;      // in a record: its counters were multiplied by this; 0 and 1 = as metered
  };
  uint32_t recordIndex;  // 0 for the first record of a flow, +1 each active-timeout record
  uint8_t tcpFlags[2];   // OR since the previous record (RFC 9565 low 8 bits)
  uint8_t state;         // cache-private bits
  DirectionMethod directionMethod;
  // second line
  uint64_t octets[2];         // IP header + payload (RFC 7012 octetDeltaCount)
  uint64_t payloadOctets[2];  // behind the transport header
  uint32_t packets[2];        // wire packets; a record leaves before 2^31
  uint64_t startNs;           // first packet since the previous record
  uint64_t endNs;             // last packet
  uint8_t tos[2];             // ToS / traffic class octet of the side's first packet
  uint8_t ttlMin[2];          // TTL / hop limit; 255 and 0 when the side sent nothing
  uint8_t ttlMax[2];
  uint8_t fragmentFlags;      // IANA 197 bits OR: 0x40 DF, 0x20 MF (bit 0 reserved is 0x80)
  union {
    EndReason endReason;  // in a record
    uint8_t inspecting;   // in the cache: 1 = packets go to the FlowInspector
  };
};
static_assert(sizeof(FlowHot) == 128);

struct alignas(64) FlowLink {  // always; written at creation and on rare events only
  uint64_t flowId;       // unique in one probe run, unchanged over active-timeout records
  uint64_t firstSeenNs;  // first packet of the flow, over all its records
  MacAddress mac[2];
  uint32_t interface[2];  // [0] ingress, [1] egress ifIndex, 0 = unknown; set by the packet's direction
  uint32_t mplsTopEntry;  // top label stack entry, 32 bits as on the wire in host order; 0 = none
  uint32_t flowLabel;     // IPv6 flow label of the first packet
  uint32_t spi[2];        // ESP/AH SPI, first seen each way
  uint16_t fragments[2];  // IP fragments each way, saturating
  uint8_t icmpType;       // of the first packet
  uint8_t icmpCode;
  uint8_t mplsDepth;      // labels on the stack
  uint8_t vlanPriority;   // PCP of the outer tag
  uint32_t initialSequence;  // cache-private: ISN of the source's SYN
};
static_assert(sizeof(FlowLink) == 64);

struct alignas(64) FlowTcp {  // when a template needs TCP health
  uint32_t nextSequence[2];   // cache-private: highest sequence end seen
  uint32_t retransmittedPackets[2];
  uint32_t retransmittedOctets[2];
  uint32_t outOfOrderPackets[2];
  uint32_t outOfOrderOctets[2];
  uint32_t lostPackets[2];    // estimated: octets missing / MSS
  uint32_t lostOctets[2];     // sequence space skipped and never seen
  uint32_t windowMin[2];      // octets after scaling; min > max = no segment
  uint32_t windowMax[2];
  uint32_t holeStart[2];      // cache-private: the most recent sequence hole [start, end)
  uint32_t holeEnd[2];
  uint32_t holeUs[2];         // cache-private: when it opened, µs since firstSeenNs
  uint16_t mss[2];            // option value, 0 = not seen
  uint16_t zeroWindows[2];    // segments that announced a zero window, saturating
  uint8_t windowScale[2];     // shift; 255 = option not seen
  uint8_t tcpState[2];        // cache-private bits
  uint32_t clientLatencyUs;   // source <-> probe round trip, SYN-ACK to ACK; 0 = unknown
  uint32_t serverLatencyUs;   // probe <-> destination round trip, SYN to SYN-ACK; 0 = unknown
  uint32_t applicationLatencyUs;  // first payload of the source to first payload of the destination
  uint32_t handshakeUs;       // cache-private: last SYN, then SYN-ACK, µs since firstSeenNs
  uint32_t requestUs;         // cache-private: first source payload, µs since firstSeenNs
};
static_assert(sizeof(FlowTcp) == 128);

struct alignas(64) FlowStats {  // when a template needs sizes or times per direction
  uint64_t firstNs[2];          // first and last packet of the side in this record, 0 = none
  uint64_t lastNs[2];
  uint64_t sizeSquares[2];      // sum of ipLength²
  uint64_t gapSquares[2];       // sum of (inter-arrival µs)², saturating
  uint32_t gapMinUs[2];         // inter-arrival within the side; UINT32_MAX = fewer than two packets
  uint32_t gapMaxUs[2];
  uint32_t sizeClasses[6];      // both directions: <=128, <=256, <=512, <=1024, <=1514, above (IP octets)
  uint16_t sizeMin[2];          // IP octets of a wire packet
  uint16_t sizeMax[2];
};
static_assert(sizeof(FlowStats) == 128);

// Tunnel kinds as exported in tunnelType.
enum class TunnelType : uint8_t {
  none = 0, gre = 1, vxlan = 2, geneve = 3, gtpu = 4, ipInIp = 5, sixInFour = 6, erspan2 = 7, erspan3 = 8, l2tp = 9,
};

struct alignas(64) FlowTunnel {  // with --tunnels: the outermost-but-nearest envelope of the metered packet
  Address outerAddress[2];
  uint32_t tunnelId[2];       // VNI, TEID, GRE key, ERSPAN session, L2TP (tunnel << 16 | session), by direction
  uint16_t outerPort[2];
  TunnelType type;
  uint8_t depth;              // envelopes removed
  uint8_t outerProtocol;
  uint8_t outerIpVersion;
  uint32_t reserved[3];
};
static_assert(sizeof(FlowTunnel) == 64);

// A piece of a batch's text heap.
struct TextRef {
  uint32_t offset;
  uint32_t length;
};

// FlowApplication.flags.
enum ApplicationFlags : uint8_t {
  kSettled = 1,      // nothing more is looked at: classified, given up, or ended
  kGivenUp = 2,      // the packet limit came before a classification; the label, if any, is a guess
  kEncrypted = 4,    // the application protocol is an encrypted one
  kNotInspected = 8, // no DPI state was free
  kListed = 16,      // a host name or address is on a list (listCategory)
};

struct alignas(64) FlowApplication {  // what is inside; filled by dpi
  uint64_t risks;         // bit n = risk n of nDPI
  union {
    TextRef facts;        // in a record: facts (flow_facts.h) in the batch's heap; length 0 = none
    uint64_t kept;        // in the cache: the inspector's own
  };
  uint32_t state;         // cache-private: number of the DPI state, 0 = none
  uint16_t application;   // nDPI protocol numbers, 0 = unknown
  uint16_t master;        // 0 = the application is itself the lowest known layer
  uint16_t category;
  uint16_t listCategory;  // category of the list that was hit
  uint16_t riskScore;     // nDPI's, both ends together
  uint16_t inspected;     // packets that were looked at, saturating
  uint8_t breed;
  uint8_t confidence;
  uint8_t flags;          // ApplicationFlags
  uint8_t progress;       // cache-private
  uint32_t nextSequence[2];  // cache-private: TCP, of each side's first octet
  uint32_t reserved[3];
};
static_assert(sizeof(FlowApplication) == 64);

// One of the first N packets, as stored in the heap (8 octets each, host order).
struct SequenceItem {
  uint32_t offsetUs;  // since firstSeenNs
  uint16_t size;      // IP octets
  uint8_t side;       // 0 source, 1 destination
  uint8_t tcpFlags;
};
static_assert(sizeof(SequenceItem) == 8);

struct alignas(64) FlowText {
  TextRef sequence;  // SequenceItem[], only in the record with recordIndex 0
  TextRef reserved[7];
};
static_assert(sizeof(FlowText) == 64);

// How an end of a flow was joined to a socket: own field matchMethod.
enum class MatchMethod : uint8_t {
  none = 0,
  exact = 1,     // network namespace, protocol, both addresses and ports; the socket was open when packets were seen
  cookie = 2,    // by the socket's cookie (the tuple came with another event)
  wildcard = 3,  // an unconnected UDP or raw socket by its local port
  listener = 4,  // only the listening socket is known: tentative
  snapshot = 5,  // exact, but the owner is from a dump of open sockets: one of several holders: tentative when several
  diag = 6,      // exact, from sock_diag and /proc: tier T0
};

// Events of the stream that --events exports; an event is a FlowRecord whose FlowEndpoint.event is set.
enum class EventType : uint8_t {
  none = 0, connect = 1, accept = 2, use = 3, listen = 4, close = 5, retransmit = 6, refused = 7, exec = 8, exit = 9,
  fork = 10,
};

enum EndpointFlags : uint8_t {
  kTentative = 1,       // kTentative << side: the owner is the likely one, not a certain one (listener, several holders)
  kObservedAfterNat = 4,   // the flow's own addresses are those behind translation; natAddress are those before it
  kObservedBeforeNat = 8,  // the other way round
  kFromSockets = 16,    // the record was made from socket events, no packet was seen (-i ebpf:)
};

struct alignas(64) FlowEndpoint {  // who is at the ends; filled when a record is handed over, not by the workers
  // Offset of an EndpointProfile in the batch's heap plus 1; 0 = nobody known. opener: the process that opened the socket
  // where another one uses it; 0 = the same.
  uint32_t profile[2];
  uint32_t opener[2];
  uint32_t threadId[2];
  MatchMethod match[2];
  uint8_t flags;  // EndpointFlags
  EventType event;
  uint16_t natPort[2];     // 0 = no translation known
  Address natAddress[2];
};
static_assert(sizeof(FlowEndpoint) == 64);

// TCP as the kernel of one end saw it, over the whole connection so far; all zero = not known.
struct KernelTcp {
  uint64_t octetsAcknowledged;  // payload: SYN and FIN taken off
  uint64_t octetsReceived;
  uint64_t octetsSent;          // with retransmissions
  uint64_t octetsRetransmitted;
  uint32_t segmentsReceived;
  uint32_t segmentsSent;
  uint32_t smoothedRttUs;
  uint32_t rttVariationUs;
  uint32_t minimumRttUs;        // 0 = none measured
  uint32_t connectUs;           // SYN sent to connection established; the side that connects
  uint32_t retransmits;
  uint32_t lost;
  uint32_t reordering;
  uint32_t outOfOrder;
  uint32_t congestionWindow;    // segments
  uint32_t slowStartThreshold;
  uint32_t maximumSegment;
  uint32_t busyMs;              // time with data to send; of it limited by the receiver's window, by the send buffer
  uint32_t receiverLimitedMs;
  uint32_t bufferLimitedMs;
  uint32_t establishedMs;       // time in ESTABLISHED, and from then to CLOSE
  uint32_t closingMs;
  uint8_t state;                // net/tcp_states.h, 7 = closed
  uint8_t reserved[7];
};
static_assert(sizeof(KernelTcp) == 112);

struct alignas(64) FlowKernel {
  KernelTcp tcp[2];
};
static_assert(sizeof(FlowKernel) == 256);

struct FlowRecord {
  FlowHot hot;
  FlowLink link;
  FlowTcp tcp;
  FlowStats stats;
  FlowTunnel tunnel;
  FlowApplication application;
  FlowText text;
  FlowEndpoint endpoint;
  FlowKernel kernel;
};

// Which blocks are measured and carried: the union over all templates in use.
enum FlowNeeds : uint32_t {
  needsNothingMore = 0,
  needsTcp = 1,
  needsStats = 2,
  needsTunnel = 4,
  needsText = 8,
  needsEndpoint = 16,
  needsKernel = 32,
  // Each of the following carries FlowApplication; they say what is worth looking for.
  needsLabel = 64,     // application and master, category, breed, confidence
  needsRisk = 128,     // risks and their score: nDPI goes on behind the classification
  needsInfo = 256,     // facts that nDPI alone has: likewise
  needsTls = 512,      // facts of weir's own parsers: TLS and QUIC
  needsDns = 1024,
  needsHttp = 2048,
  needsSsh = 4096,
  needsDhcp = 8192,
  needsCertificate = 16384,   // with needsTls: what costs most of it
  needsFingerprint = 32768,
};

inline constexpr uint32_t kFactNeeds = needsTls | needsDns | needsHttp | needsSsh | needsDhcp;
inline constexpr uint32_t kNdpiNeeds = needsLabel | needsRisk | needsInfo;
inline constexpr uint32_t kApplicationNeeds = kNdpiNeeds | kFactNeeds | needsCertificate | needsFingerprint;

// What workers measure; the rest is added when records are handed over.
inline constexpr uint32_t kMeasuredNeeds = needsTcp | needsStats | needsTunnel | needsText | kApplicationNeeds;

// Octets of FlowRecord that a batch carries for these needs: a prefix that ends behind the last needed block.
constexpr size_t recordStride(uint32_t needs) {
  if (needs & needsKernel) return sizeof(FlowRecord);
  if (needs & needsEndpoint) return offsetof(FlowRecord, kernel);
  if (needs & needsText) return offsetof(FlowRecord, endpoint);
  if (needs & kApplicationNeeds) return offsetof(FlowRecord, text);
  if (needs & needsTunnel) return offsetof(FlowRecord, application);
  if (needs & needsStats) return offsetof(FlowRecord, tunnel);
  if (needs & needsTcp) return offsetof(FlowRecord, stats);
  return offsetof(FlowRecord, tcp);
}

}  // namespace weir
