// What is inside a flow: the application, risks and facts. One FlowInspector a worker; nothing here takes a lock on the
// packet path. nDPI is loaded at run time; without it weir's own parsers still give their facts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/counter.h"
#include "decode/packet.h"
#include "fields/flow_facts.h"
#include "fields/flow_record.h"

namespace weir {

struct DpiPrivacy {
  bool hideUrls = false;       // no httpUrl, httpReferer; nor in nDPI's info
  bool hideDnsNames = false;   // no dnsQuery, dnsResponse; nor in nDPI's info
  bool hideUserAgents = false;
  std::string serverNameKey = {};  // not empty: tlsServerName (and httpHost, certificate names) as 32 hex of HMAC-SHA256 with it
};

struct DpiOptions {
  uint32_t needs = 0;              // those of kApplicationNeeds
  uint16_t tcpPackets = 80;        // nDPI gives up behind so many packets of a flow (ndpiReader's limits)
  uint16_t udpPackets = 24;
  uint32_t states = 65'536;        // flows under inspection at the same time, of one worker; beyond: kNotInspected
  std::string protocolsFile;       // nDPI's format
  std::vector<std::string> categoryFiles;  // nDPI's format: host or address, tab, category number
  std::string filter;              // "tls,quic,!mdns": names of applications, categories and breeds
  DpiPrivacy privacy;
};

struct DpiAvailability {
  bool available;
  std::string version;  // "4.2.0"
  std::string reason;   // why not, and what to install
};
// Loads the library at the first call.
DpiAvailability dpiAvailability();

struct DpiCounters {
  Counter states;          // gauge: in use
  Counter statesMissing;   // flows that found none free
  Counter packets;         // looked at by nDPI
  Counter classified, givenUp, guessed;  // flows, when they settle
  Counter factsOctets;     // gauge: memory of facts kept for flows
};

// What all workers share; made on Node's thread. Throws Error with everything that is wrong (WEIR_DPI_FILE: file and line,
// WEIR_DPI_FILTER: a name nobody knows with the nearest ones, WEIR_DPI_LIBRARY when the needs cannot be met at all).
class DpiEngine {
 public:
  explicit DpiEngine(const DpiOptions& options);
  ~DpiEngine();
  const DpiOptions& options() const;
  // Reads protocolsFile and categoryFiles anew (SIGHUP): inspectors take the new modules at their next packet. Throws
  // Error and changes nothing when a file is wrong.
  void reload();

  struct Shared;
  const std::shared_ptr<Shared>& shared() const { return shared_; }

 private:
  std::shared_ptr<Shared> shared_;
};

// One worker's; used by its thread, counters by any. The application block is the cache's, all zero when a flow begins.
class FlowInspector {
 public:
  explicit FlowInspector(const DpiEngine& engine);
  ~FlowInspector();

  // Unix time - times of packets and flows; nDPI judges certificates by it. 0 until it is told.
  void setWallOffset(int64_t ns);
  // Starts to fetch what packet() will touch of a flow under inspection; some packets before it.
  void prefetch(const FlowApplication& application) const;
  // For each packet of a flow that is not kSettled, behind the counting (hot includes it). side: 0 = from the source.
  void packet(FlowApplication& application, const FlowHot& hot, const Packet& packet, unsigned side);
  // A record leaves, the flow stays: what is known so far.
  void update(FlowApplication& application, const FlowHot& hot);
  // The flow leaves: gives up where nothing was found, and sets its state free. Afterwards kSettled.
  void settle(FlowApplication& application, const FlowHot& hot);
  // Facts of a flow, valid until its next packet() or forget().
  std::span<const uint8_t> facts(const FlowApplication& application) const;
  // The record is out; frees the facts.
  void forget(FlowApplication& application);
  // --dpi-filter: whether records of this flow go out.
  bool wanted(const FlowApplication& application) const;
  DpiCounters& counters();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir
