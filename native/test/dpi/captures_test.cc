// Real captures through the inspector: nothing is left behind, whatever they hold.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "capture/pcap_file.h"
#include "decode/decoder.h"
#include "dpi/dpi.h"

using namespace weir;
namespace fs = std::filesystem;

namespace {

fs::path captureFolder() {
  const char* named = getenv("WEIR_DATA");
  for (const fs::path& guess : {fs::path(named != nullptr ? named : "."), fs::path("../shared/data"),
                               fs::path("../../shared/data")}) {
    if (fs::is_directory(guess / "ndpi-4.2/pcap")) return guess / "ndpi-4.2/pcap";
  }
  return {};
}

struct SeenFlow {
  FlowHot hot{};
  FlowApplication application{};
  unsigned source = 0;
};

using Flows = std::map<std::string, SeenFlow>;

void take(Flows& flows, FlowInspector& inspector, const Packet& packet) {
  const std::string key(reinterpret_cast<const char*>(&packet.key), sizeof packet.key);
  const auto [at, isNew] = flows.try_emplace(key);
  SeenFlow& flow = at->second;
  if (isNew) {
    flow.hot.key = packet.key;
    flow.source = packet.side;
  }
  const unsigned side = packet.side ^ flow.source;
  flow.hot.packets[side] += packet.wirePackets;
  flow.hot.endNs = packet.ns;
  inspector.packet(flow.application, flow.hot, packet, side);
}

Flows inspect(const fs::path& path, FlowInspector& inspector) {
  Flows flows;
  Decoder decoder{DecoderOptions{}};
  const auto source = makeFileSource({.path = path.string()});
  source->open();
  Frame frames[64];
  while (!source->ended()) {
    const size_t count = source->read(frames, 0);
    for (size_t i = 0; i < count; i++) {
      Packet packet;
      if (decoder.decode(frames[i], packet) == Outcome::metered) take(flows, inspector, packet);
    }
  }
  return flows;
}

void inspectAll(DpiOptions options, const fs::path& folder) {
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  size_t seen = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    Flows flows = inspect(entry.path(), inspector);
    for (auto& [key, flow] : flows) {
      inspector.settle(flow.application, flow.hot);
      REQUIRE((flow.application.flags & kSettled) != 0);
      inspector.forget(flow.application);
    }
    REQUIRE(inspector.counters().states.get() == 0);
    REQUIRE(inspector.counters().factsOctets.get() == 0);
    seen += flows.size();
  }
  const DpiCounters& counters = inspector.counters();
  if ((options.needs & kNdpiNeeds) != 0) {
    CHECK(counters.classified.get() + counters.guessed.get() + counters.givenUp.get() == seen);
  }
}

}  // namespace

TEST_CASE("captures leave neither states nor facts behind") {
  const fs::path folder = captureFolder();
  if (folder.empty()) {
    MESSAGE("skipped, needs the captures of WEIR_DATA");
    return;
  }
  DpiOptions options;
  options.needs = kFactNeeds;
  inspectAll(options, folder);
  if (!dpiAvailability().available) {
    MESSAGE("skipped in part, needs libndpi: labels");
    return;
  }
  options.needs = kApplicationNeeds;
  inspectAll(options, folder);
  options.states = 3;
  inspectAll(options, folder);
}
