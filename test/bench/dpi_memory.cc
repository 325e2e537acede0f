// Memory of flows that are looked into: a million at the same time, half of them TLS (hellos of both sides), half DNS (query
// and response). Prints resident octets a flow, what a part takes is the difference between lines, and the time that one more
// packet of a classified flow takes in the cache. Argument: flows.
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "../../native/test/frame_builder.h"
#include "decode/decoder.h"
#include "dpi/dpi.h"
#include "metering/flow_cache.h"

namespace {

using namespace weir;
using test::FrameBuilder;

constexpr uint64_t kStartNs = 1'700'000'000'000'000'000;

class NullSink final : public RecordSink {
 public:
  bool put(const FlowView& view) override {
    facts += view.facts.size();
    return true;
  }
  uint64_t facts = 0;
};

size_t residentOctets() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// CPU time of this thread, so that neighbours on the machine count less.
uint64_t clockNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void text(FrameBuilder& builder, const std::string& octets) {
  builder.append({octets.begin(), octets.end()});
}

// The headers of flow number `flow` up to IP: 32,768 ports of each client.
FrameBuilder from(uint64_t flow, bool back) {
  const uint64_t host = flow / 32'768;
  const std::string client = "10.1." + std::to_string(host / 250) + "." + std::to_string(1 + host % 250);
  FrameBuilder builder;
  builder.ethernet().ip4(back ? "192.0.2.1" : client.c_str(), back ? client.c_str() : "192.0.2.1");
  return builder;
}

uint16_t portOf(uint64_t flow) { return static_cast<uint16_t>(1024 + flow % 32'768); }

FrameBuilder dns(uint64_t flow, bool back) {
  FrameBuilder builder = from(flow, back);
  builder.udp(back ? 53 : portOf(flow), back ? portOf(flow) : 53).be16(static_cast<uint16_t>(flow));
  builder.be16(back ? 0x8180 : 0x0100).be16(1).be16(back ? 1 : 0).be32(0);
  const std::string name = "host-" + std::to_string(flow);
  text(builder.u8(static_cast<uint8_t>(name.size())), name);
  text(builder, "\7example\3org");
  builder.raw({0, 0, 1, 0, 1});
  if (back) builder.raw({0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, 7});
  return builder;
}

std::vector<uint8_t> hello(uint64_t flow, bool back) {
  FrameBuilder extensions;
  if (back) {
    extensions.raw({0, 43, 0, 2, 3, 4});
  } else {
    const std::string name = "host-" + std::to_string(flow) + ".example.org";
    const auto size = static_cast<uint16_t>(name.size());
    text(extensions.be16(0).be16(size + 5).be16(size + 3).u8(0).be16(size), name);
    extensions.raw({0, 10, 0, 4, 0, 2, 0, 29, 0, 13, 0, 4, 0, 2, 4, 3, 0, 43, 0, 3, 2, 3, 4});
    text(extensions.be16(16).be16(5).be16(3).u8(2), "h2");
  }
  FrameBuilder body;
  body.raw({3, 3}).payload(32, static_cast<uint8_t>(flow)).u8(0);
  back ? body.raw({0x13, 1, 0}) : body.raw({0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0});
  body.be16(static_cast<uint16_t>(extensions.size()));
  const Frame ends = extensions.frame();
  body.append({ends.data, ends.data + ends.captured});
  const Frame whole = body.frame();
  return {whole.data, whole.data + whole.captured};
}

FrameBuilder tls(uint64_t flow, bool back) {
  const std::vector<uint8_t> body = hello(flow, back);
  constexpr uint32_t kRecord = 9;  // headers of record and handshake
  const auto size = static_cast<uint16_t>(body.size());
  FrameBuilder builder = from(flow, back);
  const uint32_t asked = kRecord + static_cast<uint32_t>(hello(flow, false).size());
  builder.tcp(back ? 443 : portOf(flow), back ? portOf(flow) : 443, test::kAck | test::kPush,
              {.sequence = 1, .acknowledgment = back ? 1 + asked : 1});
  builder.raw({22, 3, 3}).be16(size + 4).u8(back ? 2 : 1).u8(0).be16(size).append(body);
  return builder;
}

FrameBuilder frameOf(uint64_t flow, bool back) { return flow % 2 != 0 ? tls(flow, back) : dns(flow, back); }

// ns for one more packet of each flow, in another order than they came; only the cache is timed.
double nsOfSettled(FlowCache& cache, uint64_t flows) {
  constexpr size_t kBurst = 64;
  Decoder decoder{DecoderOptions{}};
  std::vector<FrameBuilder> frames(kBurst);
  std::vector<Packet> burst(kBurst);
  uint64_t spentNs = 0;
  for (uint64_t number = 0; number + kBurst <= flows; number += kBurst) {
    for (size_t i = 0; i < kBurst; i++) {
      frames[i] = frameOf((number + i) * 7'919 % flows, true);
      (void)decoder.decode(frames[i].frame(kStartNs), burst[i]);
    }
    const uint64_t start = clockNs();
    cache.update(burst);
    spentNs += clockNs() - start;
  }
  return static_cast<double>(spentNs) / static_cast<double>(flows);
}

struct Variant {
  const char* name;
  uint32_t needs;
  bool inTurn;  // flow after flow; false: the first packets of all, then the second ones
};

constexpr Variant kVariants[] = {
    {"no DPI", 0, true},
    {"labels", needsLabel, true},
    {"facts", kFactNeeds, true},
    {"everything", kApplicationNeeds, true},
    {"at once", kApplicationNeeds, false},
};

void run(const Variant& variant, uint64_t flows) {
  DpiOptions dpi;
  dpi.needs = variant.needs;
  const DpiEngine engine(dpi);
  FlowInspector inspector(engine);
  NullSink sink;
  FlowCacheOptions options;
  options.capacity = static_cast<uint32_t>(flows);
  options.needs = variant.needs;
  options.inspector = variant.needs != 0 ? &inspector : nullptr;
  FlowCache cache(options, sink);
  Decoder decoder{DecoderOptions{}};
  const size_t before = residentOctets();
  const auto add = [&](uint64_t flow, bool back) {
    FrameBuilder builder = frameOf(flow, back);
    Packet packet;
    if (decoder.decode(builder.frame(kStartNs), packet) == Outcome::metered) cache.update({&packet, 1});
  };
  for (uint64_t flow = 0; flow < flows; flow++) {
    add(flow, false);
    if (variant.inTurn) add(flow, true);
  }
  DpiCounters& counters = inspector.counters();
  const uint64_t states = counters.states.get();
  for (uint64_t flow = 0; flow < flows && !variant.inTurn; flow++) add(flow, true);
  const auto each = [&](uint64_t octets) { return static_cast<double>(octets) / static_cast<double>(flows); };
  std::printf("%-11s %8llu flows %5.0f resident octets each, of it %4.0f facts; states %6llu, in the end %3llu, missing %7llu; "
              "classified %8llu, fixed %3zu MB, %4.0f ns for a packet more\n",
              variant.name, static_cast<unsigned long long>(cache.counters().flows.get()),
              each(residentOctets() - before), each(counters.factsOctets.get()),
              static_cast<unsigned long long>(states), static_cast<unsigned long long>(counters.states.get()),
              static_cast<unsigned long long>(counters.statesMissing.get()),
              static_cast<unsigned long long>(counters.classified.get()), before >> 20, nsOfSettled(cache, flows));
  cache.flush(EndReason::forced);
  if (counters.states.get() != 0 || counters.factsOctets.get() != 0) std::puts("LEAK: something is still kept");
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t flows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::printf("libndpi: %s\n", dpiAvailability().available ? dpiAvailability().version.c_str() : "none");
  std::fflush(stdout);
  // Each in a process of its own: what one has left in the heap is no other's.
  for (const Variant& variant : kVariants) {
    const pid_t child = fork();
    if (child == 0) {
      run(variant, flows);
      std::exit(0);
    }
    if (child > 0) waitpid(child, nullptr, 0);
  }
}
