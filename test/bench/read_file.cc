// Frames per second of CPU time of the file reader alone: bench_read_file FILE [rounds] [filter]
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "capture/pcap_file.h"

namespace {

struct Totals {
  uint64_t frames = 0, captured = 0, wire = 0, first = 0;
};

// CPU time of this thread, so that other load on the machine does not count.
double cpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Totals readAll(const weir::FileSourceOptions& options, const bool touch) {
  const auto source = weir::makeFileSource(options);
  source->open();
  std::vector<weir::Frame> frames(64);
  Totals totals;
  while (!source->ended()) {
    const size_t count = source->read(frames, 100);
    totals.frames += count;
    for (size_t i = 0; i < count; i++) {
      totals.captured += frames[i].captured;
      totals.wire += frames[i].wire;
      if (touch && frames[i].captured > 30) totals.first += frames[i].data[30];
    }
  }
  for (const auto& notice : source->takeNotices()) fprintf(stderr, "%s %s\n", notice.code.c_str(), notice.text.c_str());
  return totals;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s FILE [rounds] [filter]\n", argv[0]);
    return 2;
  }
  weir::FileSourceOptions options;
  options.path = argv[1];
  if (argc > 3) options.filter = argv[3];
  try {
    for (int round = argc > 2 ? atoi(argv[2]) : 1; round > 0; round--) {
      for (const bool touch : {false, true}) {
        const double start = cpuSeconds();
        const Totals totals = readAll(options, touch);
        const double took = cpuSeconds() - start;
        const auto frames = static_cast<double>(totals.frames);
        printf("%llu frames, %llu captured octets, %llu on the wire: %.2f M frames/s, %.2f ns a frame, %s\n",
               static_cast<unsigned long long>(totals.frames), static_cast<unsigned long long>(totals.captured),
               static_cast<unsigned long long>(totals.wire), frames / took / 1e6, took * 1e9 / frames,
               touch ? "one octet of each looked at" : "headers only");
        if (totals.first == UINT64_MAX) return 1;
        if (options.path == "-") return 0;
      }
    }
  } catch (const weir::Error& error) {
    fprintf(stderr, "%s %s\n", error.code().c_str(), error.what());
    return 1;
  }
  return 0;
}
