// Frames from memory for workers with threads. Tests only.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "capture/capture_bytes.h"
#include "metering/worker.h"

namespace weir::test {

// Frames from memory, as a file would give them.
class ListSource final : public FrameSource {
 public:
  struct Entry {
    uint64_t ns;
    Octets octets;
  };
  explicit ListSource(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  void open() override {}
  size_t read(std::span<Frame> out, int) override {
    size_t count = 0;
    for (; count < out.size() && at_ < entries_.size(); count++, at_++) {
      const Entry& entry = entries_[at_];
      Frame frame{};
      frame.data = entry.octets.data();
      frame.captured = frame.wire = static_cast<uint32_t>(entry.octets.size());
      frame.ns = entry.ns;
      frame.linkType = LinkType::ethernet;
      out[count] = frame;
      ++counters_.frames;
    }
    return count;
  }
  bool ended() const override { return at_ == entries_.size(); }
  bool live() const override { return false; }

 private:
  std::vector<Entry> entries_;
  size_t at_ = 0;
};

inline std::vector<std::unique_ptr<FrameSource>> sourceOf(std::vector<ListSource::Entry> entries) {
  std::vector<std::unique_ptr<FrameSource>> sources;
  sources.push_back(std::make_unique<ListSource>(std::move(entries)));
  return sources;
}

inline void waitFor(Worker& worker) {
  while (!worker.finished()) std::this_thread::yield();
}

}  // namespace weir::test
