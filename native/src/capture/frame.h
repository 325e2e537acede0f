// What capture hands to decode: frames by reference, valid until the source is read again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/counter.h"

namespace weir {

// Link types weir reads, numbered as LINKTYPE_ values of pcap files.
enum class LinkType : uint16_t {
  null = 0,        // BSD loopback, host byte order of the writer
  ethernet = 1,
  ppp = 9,
  pppHdlc = 50,
  pppoe = 51,
  rawBsd = 12,     // DLT_RAW as some systems write it
  rawOpenBsd = 14,
  raw = 101,
  loop = 108,      // OpenBSD loopback, network byte order
  linuxCooked = 113,
  ipv4 = 228,
  ipv6 = 229,
  linuxCooked2 = 276,
};

enum class FrameDirection : uint8_t { unknown = 0, received = 1, sent = 2 };

struct Frame {
  const uint8_t* data;
  uint32_t captured;   // octets at data
  uint32_t wire;       // octets the frame had on the wire (super-packet: as one)
  uint64_t ns;         // since the Unix epoch
  LinkType linkType;
  uint16_t observationPoint;
  FrameDirection direction;
  uint8_t gsoHeader;   // 1 when gsoSize is to be applied (vnet header present with a GSO type)
  uint16_t gsoSize;    // payload octets per wire packet
  uint16_t vlanTpid;   // tag taken out by the kernel (auxdata), 0 = none
  uint16_t vlanTci;
  uint32_t interface;  // ifIndex the frame came in or went out by, 0 = unknown
};

// Counters of one source. Written by its thread, read by any.
struct SourceCounters {
  Counter frames;          // handed to decode
  Counter wireOctets;      // sum of Frame.wire
  Counter kernelDrops;     // PACKET_STATISTICS tp_drops
  Counter filtered;        // by filters run in user space only
  Counter readErrors;      // truncated or corrupt file, socket errors
  Counter reattached;      // live: interface came back
  Counter interfaceLosses; // live: went down or vanished
};

// One Observation Point's stream of frames. One thread reads it.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  // Opens; throws Error. Runs on the thread that will read (a network namespace is entered here and left again).
  virtual void open() = 0;
  // Up to out.size() frames, waiting at most waitMs for the first. Gives back what the previous call returned.
  // 0: nothing now (live) or the end (ended() is true).
  virtual size_t read(std::span<Frame> out, int waitMs) = 0;
  virtual bool ended() const = 0;   // a file is done, or a live source was closed for good
  virtual bool live() const = 0;
  // Octets consumed and total of an offline file, for progress; total 0 = unknown (stdin).
  virtual uint64_t position() const { return 0; }
  virtual uint64_t size() const { return 0; }
  // Reads counters that live in the kernel into counters(); called by the reading thread now and then.
  virtual void refresh() {}
  SourceCounters& counters() { return counters_; }
  // Log lines for the operator since the last call (interface down, truncated file ...): level and text.
  struct Notice {
    enum Level : uint8_t { info, warning, error } level;
    std::string code;  // of src/errors.ts, or empty
    std::string text;
  };
  virtual std::vector<Notice> takeNotices() { return {}; }

 protected:
  SourceCounters counters_;
};

}  // namespace weir
