#include "attribution/profile_writer.h"

#include <doctest/doctest.h>

#include <vector>

#include "socket_events_maker.h"

using namespace weir;

namespace {

const std::string kContainer(64, 'a');

struct Writing {
  ProcessTable processes{{}};
  ContainerTable containers;
  ProfileWriter writer{{true, true, 2, "node-1"}, processes, containers};
  std::vector<uint8_t> heap = std::vector<uint8_t>(4096);
  BatchBuffer batch{nullptr, 0, 0, heap.data(), heap.size()};

  explicit Writing(size_t size = 4096) : heap(size), batch{nullptr, 0, 0, heap.data(), heap.size()} {
    writer.begin(1000 * static_cast<int64_t>(kSecond));
  }
  EndpointProfile at(uint32_t place) const {
    FlowRecord record{};
    record.endpoint.profile[0] = place;
    EndpointProfile profile{};
    REQUIRE(profileOf(record, 0, heap.data(), profile));
    return profile;
  }
  std::string text(TextRef ref) const {
    return {reinterpret_cast<const char*>(heap.data()) + ref.offset, ref.length};
  }
  // A process that was read, in a container.
  ProcessKey known(uint32_t tgid) {
    const weir_process process = processOf(tgid, tgid * kSecond, "curl");
    processes.carry(process);
    ProcessFacts facts;
    facts.key = processKeyOf(process);
    facts.executable = "/usr/bin/curl";
    facts.arguments = {"curl", "http://192.0.2.1/"};
    ProcessNames names;
    names.user = "www-data";
    names.cgroupPath = "/docker/" + kContainer;
    names.place.containerId = kContainer;
    names.place.runtime = "docker";
    processes.complete(facts.key, facts, names, 1);
    return facts.key;
  }
};

}  // namespace

TEST_CASE("a profile of what the event, /proc and the runtime said, once a batch") {
  Writing writing;
  const ProcessKey key = writing.known(50);
  ContainerFacts container;
  container.id = kContainer;
  container.name = "web";
  container.image = "nginx:1";
  container.labels = R"({"app":"web"})";
  container.podName = "web-0";
  writing.containers.set({container});
  const uint32_t place = writing.writer.process(writing.batch, key, kHostNetns, 42);
  CHECK((place - 1) % 8 == 0);
  const EndpointProfile profile = writing.at(place);
  CHECK(profile.processId == 50);
  CHECK(profile.startNs == 1050 * kSecond);
  CHECK(profile.parentId == 1);
  CHECK(profile.netnsCookie == kHostNetns);
  CHECK(writing.text(profile.name) == "curl");
  CHECK(writing.text(profile.parentName) == "init");
  CHECK(writing.text(profile.executable) == "/usr/bin/curl");
  CHECK(writing.text(profile.commandLine) == "curl http://192.0.2.1/");
  CHECK(writing.text(profile.user) == "www-data");
  CHECK(writing.text(profile.containerId) == kContainer);
  CHECK(writing.text(profile.containerName) == "web");
  CHECK(writing.text(profile.containerRuntime) == "docker");
  CHECK(writing.text(profile.podName) == "web-0");
  CHECK(writing.text(profile.nodeName) == "node-1");
  const size_t used = writing.batch.heapUsed;
  CHECK(writing.writer.process(writing.batch, key, kHostNetns, 42) == place);
  CHECK(writing.batch.heapUsed == used);
  writing.writer.begin(0);
  CHECK(writing.writer.process(writing.batch, key, kHostNetns, 42) != place);
}

TEST_CASE("a short-lived process keeps what its event carried; an unknown one its id") {
  Writing writing;
  writing.processes.carry(processOf(60, 60 * kSecond, "true"));
  const EndpointProfile profile = writing.at(writing.writer.process(writing.batch, {60, 6000}, 1, 2));
  CHECK(writing.text(profile.name) == "true");
  CHECK(profile.uid == 1000);
  CHECK(profile.executable.length == 0);
  const EndpointProfile unknown = writing.at(writing.writer.process(writing.batch, {61, 6100}, 1, 2));
  CHECK(unknown.processId == 61);
  CHECK(unknown.uid == UINT32_MAX);
}

TEST_CASE("of a container alone: no process") {
  Writing writing;
  const EndpointProfile profile = writing.at(writing.writer.container(writing.batch, writing.known(50), 7, 42));
  CHECK(profile.processId == 0);
  CHECK(writing.text(profile.containerId) == kContainer);
  writing.processes.carry(processOf(60));
  CHECK(writing.writer.container(writing.batch, processKeyOf(processOf(60)), 7, 42) == 0);
}

TEST_CASE("a full heap: first the long texts go, then the profile; both are counted") {
  Writing writing(sizeof(EndpointProfile) + 190);
  const ProcessKey key = writing.known(50);
  const EndpointProfile profile = writing.at(writing.writer.process(writing.batch, key, 1, 2));
  CHECK(profile.commandLine.length == 0);
  CHECK(writing.text(profile.executable) == "/usr/bin/curl");
  CHECK(writing.writer.shortened() == 1);
  const size_t used = writing.batch.heapUsed;
  CHECK(writing.writer.process(writing.batch, writing.known(51), 1, 2) == 0);
  CHECK(writing.writer.dropped() == 1);
  CHECK(writing.batch.heapUsed == used);
}
