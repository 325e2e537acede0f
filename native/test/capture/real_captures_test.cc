// Real captures, with libpcap's own reader as the judge of frames, lengths, times and octets.
#include <doctest/doctest.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "capture/capture_bytes.h"
#include "capture/link_type.h"

using namespace weir;
using namespace weir::test;
namespace fs = std::filesystem;

namespace {

fs::path dataFolder() {
  const char* named = getenv("WEIR_DATA");
  if (named != nullptr) return named;
  for (const char* guess : {"../shared/data", "../../shared/data"}) {
    if (fs::is_directory(guess)) return guess;
  }
  return {};
}

struct Judged {
  size_t frames = 0;
  size_t lengths = 0, times = 0, octets = 0;  // frames that differ
  bool whole = false;  // libpcap reached the end without an error
};

// Compares frame by frame; libpcap stops early at what it does not know (interfaces of several link types).
Judged judge(pcap_t* capture, const Reading& reading) {
  Judged judged;
  pcap_pkthdr* header;
  const u_char* data;
  int result;
  while ((result = pcap_next_ex(capture, &header, &data)) == 1) {
    if (judged.frames == reading.frames.size()) return judged;
    const SeenFrame& seen = reading.frames[judged.frames++];
    // libpcap cuts a record at the snap length the file claims; weir and tshark show all that is there.
    const auto snapshot = static_cast<uint32_t>(pcap_snapshot(capture));
    const bool captured = std::min(seen.frame.captured, snapshot) == header->caplen;
    if (!captured || seen.frame.wire != std::max(header->len, seen.frame.captured)) judged.lengths++;
    // Older libpcaps take times after 2038 for negative ones. Fractions past their second are cut by weir.
    const uint64_t seconds = static_cast<uint64_t>(header->ts.tv_sec) & UINT32_MAX;
    const bool sane = header->ts.tv_usec >= 0 && header->ts.tv_usec < 1'000'000'000;
    if (sane && seen.frame.ns != seconds * 1'000'000'000 + static_cast<uint64_t>(header->ts.tv_usec)) judged.times++;
    if (!captured || !std::equal(data, data + header->caplen, seen.data.begin())) judged.octets++;
  }
  judged.whole = result == PCAP_ERROR_BREAK;
  return judged;
}

}  // namespace

TEST_CASE("frames of the real captures are those libpcap reads") {
  const fs::path folder = dataFolder();
  if (folder.empty()) {
    MESSAGE("skipped: no captures; set WEIR_DATA to their folder");
    return;
  }
  size_t files = 0, frames = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path(), type = entry.path().extension();
    if (type != ".pcap" && type != ".pcapng") continue;
    CAPTURE(path);
    char text[PCAP_ERRBUF_SIZE];
    pcap_t* capture = pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, text);
    const auto source = makeFileSource({.path = path});
    try {
      source->open();
    } catch (const Error& error) {
      // Only a link type may be refused here, and libpcap must agree that it is none of ours.
      const std::string code = error.code();
      const bool linkType = code == "WEIR_LINKTYPE";
      CHECK((linkType || capture == nullptr));
      if (capture != nullptr) {
        CHECK(pcap_datalink(capture) != DLT_EN10MB);
        pcap_close(capture);
      }
      continue;
    }
    const Reading reading = readAll(*source);
    CHECK(reading.counted == reading.frames.size());
    if (capture == nullptr) continue;
    const Judged judged = judge(capture, reading);
    pcap_close(capture);
    CHECK(judged.lengths == 0);
    CHECK(judged.times == 0);
    CHECK(judged.octets == 0);
    if (judged.whole) {
      CHECK(judged.frames == reading.frames.size());
      CHECK(reading.readErrors == 0);
    }
    files++;
    frames += judged.frames;
  }
  CHECK(files > 100);
  MESSAGE(files << " captures, " << frames << " frames as libpcap reads them");
}
