// Captures built octet by octet, and files to read them from.
#pragma once

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "capture/pcap_file.h"

namespace weir::test {

using Octets = std::vector<uint8_t>;

// Appends integers in one byte order.
struct Writer {
  bool big = false;
  Octets out;

  Writer& put(uint64_t value, int size) {
    for (int i = 0; i < size; i++) out.push_back(static_cast<uint8_t>(value >> 8 * (big ? size - 1 - i : i)));
    return *this;
  }
  Writer& u8(uint64_t value) { return put(value, 1); }
  Writer& u16(uint64_t value) { return put(value, 2); }
  Writer& u32(uint64_t value) { return put(value, 4); }
  Writer& u64(uint64_t value) { return put(value, 8); }
  Writer& octets(const Octets& more) {
    for (const uint8_t octet : more) out.push_back(octet);
    return *this;
  }
  Writer& pad() {
    while (out.size() % 4 != 0) out.push_back(0);
    return *this;
  }

  Writer& pcapHeader(uint32_t magic = 0xa1b2c3d4, uint32_t linkType = 1, uint32_t snapLength = 65535,
                     uint16_t minor = 4) {
    return u32(magic).u16(2).u16(minor).u32(0).u32(0).u32(snapLength).u32(linkType);
  }
  Writer& record(uint32_t seconds, uint32_t fraction, const Octets& data, uint32_t wire) {
    return u32(seconds).u32(fraction).u32(static_cast<uint32_t>(data.size())).u32(wire).octets(data);
  }

  // A pcapng block around a body.
  Writer& block(uint32_t type, const Octets& body) {
    const size_t total = 12 + ((body.size() + 3) & ~size_t{3});
    return u32(type).u32(total).octets(body).pad().u32(total);
  }
  Writer fresh() const { return Writer{big, {}}; }
  Writer& section() { return block(0x0a0d0d0a, fresh().u32(0x1a2b3c4d).u16(1).u16(0).u64(UINT64_MAX).out); }
  Writer& interface(uint16_t linkType, uint32_t snapLength = 0, const Octets& options = {}) {
    return block(1, fresh().u16(linkType).u16(0).u32(snapLength).octets(options).out);
  }
  Writer& packet(uint32_t index, uint64_t time, const Octets& data, uint32_t wire, const Octets& options = {}) {
    return block(6, fresh().u32(index).u32(time >> 32).u32(time & 0xffffffff).u32(data.size()).u32(wire).octets(data)
                        .pad().octets(options).out);
  }
};

inline Octets frameOf(size_t size, uint8_t fill) { return Octets(size, fill); }

// An Ethernet frame with an IPv4 header and UDP ports.
inline Octets udpFrame(uint16_t destinationPort) {
  Writer w{true, {}};
  w.octets(Octets(12, 2)).u16(0x0800).u8(0x45).u8(0).u16(28).u32(0).u8(64).u8(17).u16(0);
  w.u32(0x0a000001).u32(0x0a000002);
  return w.u16(4000).u16(destinationPort).u16(8).u16(0).out;
}

inline Octets gzip(const Octets& plain) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Octets out(deflateBound(&zlib, static_cast<uLong>(plain.size())) + 64);
  zlib.next_in = const_cast<uint8_t*>(plain.data());
  zlib.avail_in = static_cast<uInt>(plain.size());
  zlib.next_out = out.data();
  zlib.avail_out = static_cast<uInt>(out.size());
  deflate(&zlib, Z_FINISH);
  out.resize(zlib.total_out);
  deflateEnd(&zlib);
  return out;
}

// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const Octets& octets) {
    const char* folder = getenv("TMPDIR");
    path_ = std::string(folder != nullptr ? folder : "/tmp") + "/weir-capture-XXXXXX";
    const int fd = mkstemp(path_.data());
    size_t done = 0;
    while (fd >= 0 && done < octets.size()) {
      const ssize_t count = write(fd, octets.data() + done, octets.size() - done);
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    if (fd >= 0) close(fd);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct SeenFrame {
  Frame frame;
  Octets data;
};

struct Reading {
  std::vector<SeenFrame> frames;
  std::vector<FrameSource::Notice> notices;
  uint64_t counted = 0, wireOctets = 0, filtered = 0, readErrors = 0;
};

// Reads an open source to its end.
inline Reading readAll(FrameSource& source, size_t burst = 64) {
  Reading reading;
  std::vector<Frame> frames(burst);
  while (!source.ended()) {
    const size_t count = source.read(frames, 1000);
    for (size_t i = 0; i < count; i++) {
      reading.frames.push_back({frames[i], Octets(frames[i].data, frames[i].data + frames[i].captured)});
    }
    for (auto& notice : source.takeNotices()) reading.notices.push_back(notice);
  }
  for (auto& notice : source.takeNotices()) reading.notices.push_back(notice);
  reading.counted = source.counters().frames.get();
  reading.wireOctets = source.counters().wireOctets.get();
  reading.filtered = source.counters().filtered.get();
  reading.readErrors = source.counters().readErrors.get();
  return reading;
}

inline Reading readFile(const Octets& octets, FileSourceOptions options = {}, size_t burst = 64) {
  const TemporaryFile file(octets);
  options.path = file.path();
  const auto source = makeFileSource(options);
  source->open();
  return readAll(*source, burst);
}

}  // namespace weir::test
