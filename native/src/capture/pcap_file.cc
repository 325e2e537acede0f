#include "capture/pcap_file.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "base/error.h"
#include "capture/byte_source.h"
#include "capture/link_type.h"
#include "capture/pcap_records.h"
#include "capture/pcapng.h"
#include "capture/user_filter.h"

namespace weir {

namespace {

// How long open() waits for the first octets of a pipe: long enough for `tcpdump -w - |` to start.
constexpr int kOpenWaitMs = 1000;
// Bursts that a filter may empty within one read(), so that a stop is noticed in time.
constexpr int kMostEmptyBursts = 64;

// What people feed by mistake: said by name.
const char* otherFormat(const uint8_t* octets) {
  constexpr struct {
    uint8_t magic[4];
    const char* name;
  } kKnown[] = {
      {{0x28, 0xb5, 0x2f, 0xfd}, "zstd data"}, {{0xfd, '7', 'z', 'X'}, "xz data"},
      {{0x04, 0x22, 0x4d, 0x18}, "lz4 data"},  {{'B', 'Z', 'h', '9'}, "bzip2 data"},
      {{'s', 'n', 'o', 'o'}, "a snoop file"},  {{'P', 'K', 0x03, 0x04}, "a zip archive"},
  };
  for (const auto& known : kKnown) {
    if (std::memcmp(octets, known.magic, sizeof known.magic) == 0) return known.name;
  }
  return nullptr;
}

class FileSource final : public FrameSource {
 public:
  explicit FileSource(const FileSourceOptions& options)
      : options_(options), name_(options.path == "-" ? "standard input" : "'" + options.path + "'"),
        filter_(options.filter) {}

  void open() override;
  size_t read(std::span<Frame> out, int waitMs) override;
  bool ended() const override { return ended_; }
  bool live() const override { return false; }
  uint64_t position() const override { return position_.get(); }
  uint64_t size() const override { return size_.get(); }
  std::vector<Notice> takeNotices() override { return std::exchange(notices_, {}); }

 private:
  bool recognise(int waitMs);
  void makeFormat();
  void readAhead(int waitMs);
  void meetLinkTypes(bool opening);
  void meetLinkType(const LinkTypeSeen& seen, bool opening);
  size_t keep(std::span<Frame> frames);
  void endOfInput(size_t need);
  void endDamaged(const std::string& why);
  void end();
  void showProgress();
  [[noreturn]] void notACapture(const std::string& why) const;

  const FileSourceOptions options_;
  const std::string name_;
  UserFilter filter_;
  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<FileFormat> format_;
  bool classic_ = false;
  bool ended_ = false;
  std::set<uint32_t> announced_;  // unsupported link types already spoken of
  std::vector<Notice> notices_;
  Counter position_, size_;       // read by any thread, also once bytes_ is closed
};

void FileSource::notACapture(const std::string& why) const {
  throw Error("WEIR_CAPTURE_FORMAT", name_ + " is not a pcap or pcapng capture: " + why);
}

void FileSource::open() {
  bytes_ = openByteSource(options_.path);
  recognise(kOpenWaitMs);
  showProgress();
}

// True once the format is known; false while a pipe is silent. Throws Error when it is no capture.
bool FileSource::recognise(int waitMs) {
  Fill filled = bytes_->fill(kPcapHeader, waitMs);
  if (filled == Fill::again) return false;
  if (filled == Fill::end) {
    if (!bytes_->failure().empty()) notACapture(bytes_->failure());
    const size_t left = bytes_->window().left();
    notACapture(left == 0 ? "it is empty" : "it has only " + std::to_string(left) + " octets");
  }
  makeFormat();
  readAhead(waitMs);
  return true;
}

void FileSource::makeFormat() {
  // A filter sees whole frames, as in the kernel; the snap length cuts what passed.
  const bool cutLater = filter_.active() || options_.snapLength == 0;
  const FormatOptions options{options_.observationPoint, cutLater ? UINT32_MAX : options_.snapLength};
  Cursor& window = bytes_->window();
  uint32_t magic;
  std::memcpy(&magic, window.at, sizeof magic);
  if (magic == kPcapngMagic) {
    format_ = makePcapng(options);
    return;
  }
  format_ = makePcapRecords(window.at, options);
  if (!format_) {
    const char* other = otherFormat(window.at);
    char text[32];
    snprintf(text, sizeof text, "it begins with %02x%02x%02x%02x", window.at[0], window.at[1], window.at[2],
             window.at[3]);
    notACapture(other != nullptr ? std::string("it is ") + other : text);
  }
  classic_ = true;
  window.skip(kPcapHeader);
}

// Up to the first frame: what is wrong with the link type or the filter is to be known before the run starts.
void FileSource::readAhead(int waitMs) {
  for (;;) {
    const Parsed parsed = format_->parse(bytes_->window(), {});
    meetLinkTypes(true);
    if (parsed.stop == Parsed::full) return;
    if (parsed.stop == Parsed::damaged && !format_->begun()) notACapture(format_->damage());
    if (parsed.stop == Parsed::damaged || bytes_->fill(parsed.need, waitMs) != Fill::ready) return;
  }
}

void FileSource::meetLinkTypes(bool opening) {
  for (const LinkTypeSeen& seen : format_->takeLinkTypes()) meetLinkType(seen, opening);
}

void FileSource::meetLinkType(const LinkTypeSeen& seen, bool opening) {
  if (linkTypeSupported(seen.linkType)) {
    try {
      filter_.prepare(seen.linkType, seen.bigEndian);
    } catch (const Error& error) {
      if (opening) throw;
      notices_.push_back({Notice::warning, error.code(),
                          name_ + ": " + error.what() + "; no frame of link type " + linkTypeName(seen.linkType) +
                              " passes"});
    }
    return;
  }
  const std::string what = name_ + ": link type " + linkTypeName(seen.linkType) + " is not supported";
  const std::string known = std::string("; weir reads ") + kSupportedLinkTypes;
  if (classic_) throw Error("WEIR_LINKTYPE", what + known);
  if (!announced_.insert(seen.linkType).second) return;
  notices_.push_back({Notice::warning, "WEIR_LINKTYPE", what + ", its frames are counted and left out" + known});
}

size_t FileSource::read(std::span<Frame> out, int waitMs) {
  if (ended_ || out.empty()) return 0;
  try {
    if (!format_ && !recognise(waitMs)) return 0;
  } catch (const Error& error) {
    ++counters_.readErrors;
    notices_.push_back({Notice::error, error.code(), error.what()});
    end();
    return 0;
  }
  size_t kept = 0;
  for (int burst = 0; burst < kMostEmptyBursts && kept == 0 && !ended_; burst++) {
    const Parsed parsed = format_->parse(bytes_->window(), out);
    if (bytes_->lost()) {
      endDamaged(bytes_->failure());
      break;
    }
    meetLinkTypes(false);
    if (parsed.frames != 0) {
      kept = keep(out.first(parsed.frames));
    } else if (parsed.stop == Parsed::damaged) {
      endDamaged(format_->damage());
    } else if (parsed.stop == Parsed::starved) {
      const Fill filled = bytes_->fill(parsed.need, waitMs);
      showProgress();
      if (filled == Fill::again) break;
      if (filled == Fill::end) endOfInput(parsed.need);
    }
  }
  return kept;
}

// Counts the frames and moves those that pass the filter together.
size_t FileSource::keep(std::span<Frame> frames) {
  size_t kept = frames.size();
  if (filter_.active()) {
    kept = 0;
    const bool bigEndian = format_->bigEndian();
    for (const Frame& frame : frames) {
      // Decode counts what it does not know; no filter can look into it.
      const bool known = linkTypeSupported(static_cast<uint32_t>(frame.linkType));
      if (known && !filter_.matches(frame, bigEndian)) continue;
      frames[kept] = frame;
      if (options_.snapLength != 0) frames[kept].captured = std::min(frame.captured, options_.snapLength);
      kept++;
    }
    counters_.filtered.add(frames.size() - kept);
  }
  uint64_t octets = 0;
  for (const Frame& frame : frames.first(kept)) octets += frame.wire;
  counters_.frames.add(kept);
  counters_.wireOctets.add(octets);
  return kept;
}

void FileSource::endOfInput(size_t need) {
  const size_t left = bytes_->window().left();
  if (!bytes_->failure().empty()) {
    endDamaged(bytes_->failure());
  } else if (left != 0) {
    endDamaged("the file ends inside a record, of which " + std::to_string(left) + " of " +
               std::to_string(need) + " octets are there");
  } else if (format_->insideRecord()) {
    endDamaged("the file ends inside a block");
  } else {
    end();
  }
}

void FileSource::endDamaged(const std::string& why) {
  ++counters_.readErrors;
  const uint64_t frames = counters_.frames.get() + counters_.filtered.get();
  notices_.push_back({Notice::warning, "WEIR_CAPTURE_FORMAT",
                      name_ + " is damaged at octet " + std::to_string(bytes_->offset()) +
                          (bytes_->compressed() ? " (uncompressed)" : "") + ": " + why + "; frames read before it: " +
                          std::to_string(frames)});
  end();
}

// bytes_ stays: frames given before may be looked at until the next read().
void FileSource::end() {
  ended_ = true;
  position_.set(size_.get());
}

void FileSource::showProgress() {
  position_.set(bytes_->position());
  size_.set(bytes_->size());
}

}  // namespace

std::unique_ptr<FrameSource> makeFileSource(const FileSourceOptions& options) {
  return std::make_unique<FileSource>(options);
}

}  // namespace weir
