// Fields of who is at the ends: members of profiles by side, what they say where nobody is known, address translation.
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "fields/endpoint_profile.h"
#include "fields/field_table.h"

using namespace weir;
using namespace std::string_literals;

namespace {

const Element& find(std::string_view name) {
  for (const Element& element : elements()) {
    if (name == element.name) return element;
  }
  FAIL("no element " << std::string(name));
  return elements()[0];
}

// A record and the heap its profiles stand in, at odd places as in a batch.
struct Ends {
  FlowRecord record{};
  std::string heap = "x";

  TextRef put(std::string_view text) {
    const TextRef ref{static_cast<uint32_t>(heap.size()), static_cast<uint32_t>(text.size())};
    heap += text;
    return ref;
  }
  uint32_t put(const EndpointProfile& profile) {
    heap.append(reinterpret_cast<const char*>(&profile), sizeof profile);
    return static_cast<uint32_t>(heap.size() - sizeof profile) + 1;
  }
  FieldContext context() const {
    FieldContext made;
    made.heap = reinterpret_cast<const uint8_t*>(heap.data());
    return made;
  }
  // What an encoder asks for: side 0 the record as metered, side 1 the second uniflow of it.
  uint64_t number(std::string_view name, unsigned side = 0) const {
    const Element& element = find(name);
    REQUIRE((element.number != nullptr));
    const uint64_t value = element.number(record, side ^ element.flip, context());
    uint64_t many = 0;
    const auto* const at = reinterpret_cast<const uint8_t*>(&record);
    element.numbers(&at, 1, side ^ element.flip, context(), &many);
    CHECK(many == value);
    return value;
  }
  std::string text(std::string_view name, unsigned side = 0, size_t capacity = 256) const {
    const Element& element = find(name);
    REQUIRE((element.text != nullptr));
    std::string out(capacity, '\0');
    out.resize(element.text(record, side ^ element.flip, context(), out.data(), capacity));
    return out;
  }
  std::string octets(std::string_view name, unsigned side = 0) const {
    const Element& element = find(name);
    REQUIRE((element.octets != nullptr));
    std::string out(64, '\0');
    out.resize(element.octets(record, side ^ element.flip, context(), out.data(), out.size()));
    return out;
  }
};

EndpointProfile processOf(Ends& ends, uint32_t id, std::string_view name) {
  EndpointProfile profile;
  std::memset(&profile.name, 0, sizeof profile - offsetof(EndpointProfile, name));
  profile.startNs = profile.parentStartNs = profile.cgroupId = profile.netnsCookie = 0;
  profile.insideProcessId = profile.parentId = profile.netns = 0;
  profile.processId = id;
  profile.uid = 0;
  profile.name = ends.put(name);
  return profile;
}

Ends curlToNginx() {
  Ends ends;
  EndpointProfile curl = processOf(ends, 1234, "curl");
  curl.startNs = 1795228150120000000u;
  curl.user = ends.put("root");
  EndpointProfile nginx = processOf(ends, 77, "nginx");
  nginx.uid = 33;
  nginx.containerName = ends.put("web");
  nginx.containerLabels = ends.put("{\"app\":\"web\"}");
  nginx.user = ends.put("www-data");
  ends.record.endpoint.profile[0] = ends.put(curl);
  ends.record.endpoint.profile[1] = ends.put(nginx);
  ends.record.endpoint.opener[1] = ends.put(processOf(ends, 1, "systemd"));
  return ends;
}

Address address4(uint8_t last) { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last}; }

}  // namespace

TEST_CASE("members of profiles by side, and the other way round in the second uniflow") {
  const Ends ends = curlToNginx();
  CHECK(ends.number("sourceProcessId") == 1234);
  CHECK(ends.number("destinationProcessId") == 77);
  CHECK(ends.number("sourceProcessId", 1) == 77);
  CHECK(ends.number("destinationProcessId", 1) == 1234);
  CHECK(ends.number("sourceProcessStartMilliseconds") == 1795228150120000000u);
  CHECK(ends.text("sourceProcessName") == "curl");
  CHECK(ends.text("destinationProcessName") == "nginx");
  CHECK(ends.text("destinationProcessName", 1) == "curl");
  CHECK(ends.text("sourceContainerName") == "");
  CHECK(ends.text("destinationContainerName") == "web");
  CHECK(ends.text("destinationContainerLabels") == "{\"app\":\"web\"}");
  CHECK(ends.octets("destinationContainerLabels") == "{\"app\":\"web\"}");
  CHECK(ends.number("sourceOpenerProcessId") == 0);
  CHECK(ends.number("destinationOpenerProcessId") == 1);
  CHECK(ends.text("destinationOpenerProcessName") == "systemd");
  CHECK(ends.text("userName") == "root");
  CHECK(ends.text("userName", 1) == "www-data");
  CHECK(ends.text("destinationProcessName", 0, 3) == "ngi");
}

TEST_CASE("uid 0 is root; nobody known is all ones, as is what a known process lacks") {
  Ends ends = curlToNginx();
  CHECK(ends.number("sourceUserId") == 0);
  CHECK(ends.number("destinationUserId") == 33);
  CHECK(ends.number("sourceLoginUserId") == UINT32_MAX);
  CHECK(ends.number("sourceParentUserId") == UINT32_MAX);
  ends.record.endpoint.profile[0] = 0;
  CHECK(ends.number("sourceUserId") == UINT32_MAX);
  CHECK(ends.number("sourceGroupId") == UINT32_MAX);
  CHECK(ends.number("sourceProcessId") == 0);
  CHECK(ends.text("sourceProcessName") == "");
  CHECK(find("sourceUserId").absentWhenAllOnes);
  CHECK_FALSE(find("sourceUserId").absentWhenZero);
  CHECK(find("sourceProcessId").absentWhenZero);
  CHECK_FALSE(find("sourceProcessId").absentWhenAllOnes);
}

TEST_CASE("what is said of both processes in one text") {
  Ends ends = curlToNginx();
  CHECK(ends.text("flowProcesses") == "curl(1234) > nginx(77)@web");
  CHECK(ends.text("flowProcesses", 1) == "nginx(77)@web > curl(1234)");
  ends.record.endpoint.flags = kTentative << 1;
  CHECK(ends.text("flowProcesses") == "curl(1234) > nginx(77)@web?");
  CHECK(ends.number("sourceProcessTentative") == 0);
  CHECK(ends.number("destinationProcessTentative") == 1);
  CHECK(ends.number("sourceProcessTentative", 1) == 1);
  ends.record.endpoint.profile[1] = 0;
  ends.record.endpoint.flags = kFromSockets;
  CHECK(ends.text("flowProcesses") == "curl(1234) > ?");
  CHECK(ends.number("recordFromSockets") == 1);
  ends.record.endpoint.profile[0] = 0;
  CHECK(ends.text("flowProcesses") == "");

  EndpointProfile pod = processOf(ends, 5, "");
  pod.containerId = ends.put(std::string(64, 'a'));
  ends.record.endpoint.profile[0] = ends.put(pod);
  CHECK(ends.text("flowProcesses") == "?(5)@aaaaaaaaaaaa > ?");
  CHECK(ends.text("sourceOrchestratorType") == "");
  pod.podNamespace = ends.put("shop");
  pod.podName = ends.put("cart-0");
  ends.record.endpoint.profile[0] = ends.put(pod);
  CHECK(ends.text("flowProcesses") == "?(5)@shop/cart-0 > ?");
  CHECK(ends.text("flowProcesses", 0, 6) == "?(5)@s");
  CHECK(ends.text("sourceOrchestratorType") == "kubernetes");
  CHECK(ends.text("destinationOrchestratorType") == "");
}

TEST_CASE("addresses before and behind translation, on whichever side the flow was seen") {
  Ends ends;
  FlowRecord& record = ends.record;
  record.hot.key.ipVersion = 4;
  for (uint8_t side = 0; side < 2; side++) {
    record.hot.key.address[side] = address4(static_cast<uint8_t>(1 + side));
    record.hot.key.port[side] = static_cast<uint16_t>(1000 + side);
    record.endpoint.natAddress[side] = address4(static_cast<uint8_t>(101 + side));
    record.endpoint.natPort[side] = static_cast<uint16_t>(2000 + side);
  }
  CHECK(ends.text("postNATSourceIPv4Address") == "");
  CHECK(ends.octets("postNATSourceIPv4Address") == std::string(4, '\0'));
  CHECK(ends.number("postNAPTSourceTransportPort") == 0);

  record.endpoint.flags = kObservedBeforeNat;
  CHECK(ends.text("preNATSourceIPv4Address") == "\"192.0.2.1\"");
  CHECK(ends.text("postNATSourceIPv4Address") == "\"192.0.2.101\"");
  CHECK(ends.text("postNATDestinationIPv4Address") == "\"192.0.2.102\"");
  CHECK(ends.text("postNATSourceIPv4Address", 1) == "\"192.0.2.102\"");
  CHECK(ends.octets("postNATDestinationIPv4Address") == "\xc0\x00\x02\x66"s);
  CHECK(ends.number("preNAPTDestinationTransportPort") == 1001);
  CHECK(ends.number("postNAPTDestinationTransportPort") == 2001);

  record.endpoint.flags = kObservedAfterNat;
  CHECK(ends.text("preNATSourceIPv4Address") == "\"192.0.2.101\"");
  CHECK(ends.text("postNATSourceIPv4Address") == "\"192.0.2.1\"");
  CHECK(ends.number("preNAPTSourceTransportPort") == 2000);
  CHECK(ends.number("postNAPTSourceTransportPort") == 1000);
  CHECK(ends.text("postNATSourceIPv6Address") == "");

  record.hot.key.ipVersion = 6;
  record.endpoint.natAddress[0] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
  CHECK(ends.text("preNATSourceIPv6Address") == "\"2001:db8::9\"");
  CHECK(ends.octets("preNATSourceIPv6Address").size() == 16);
  CHECK(ends.octets("preNATSourceIPv4Address") == std::string(4, '\0'));
}

TEST_CASE("how an end was found and what an event says") {
  Ends ends;
  CHECK(ends.text("sourceMatchMethodName") == "none");
  ends.record.endpoint.match[1] = MatchMethod::diag;
  CHECK(ends.text("destinationMatchMethodName") == "diag");
  CHECK(ends.text("sourceMatchMethodName", 1) == "diag");
  CHECK(ends.text("eventName") == "");
  CHECK(ends.text("protocolName") == "");  // exec, exit and fork have no packets
  CHECK(ends.text("protocolKeyword") == "");
  const char* const told[][3] = {{"connect", "network", "start"},   {"accept", "network", "start"},
                                 {"use", "network", "start"},       {"listen", "network", "info"},
                                 {"close", "network", "end"},       {"retransmit", "network", "info"},
                                 {"refused", "network", "denied"},  {"exec", "process", "start"},
                                 {"exit", "process", "end"},        {"fork", "process", "start"}};
  for (uint8_t event = 1; event <= 10; event++) {
    ends.record.endpoint.event = static_cast<EventType>(event);
    CHECK(ends.text("eventName") == told[event - 1][0]);
    CHECK(ends.text("eventCategory") == told[event - 1][1]);
    CHECK(ends.text("eventPhase") == told[event - 1][2]);
  }
}

TEST_CASE("TCP of the kernel is by side") {
  const Element& source = find("sourceKernelSmoothedRtt");
  const Element& destination = find("destinationKernelSmoothedRtt");
  CHECK(source.needs == needsKernel);
  CHECK(source.offset[0] == offsetof(FlowRecord, kernel.tcp[0].smoothedRttUs));
  CHECK(source.offset[1] == offsetof(FlowRecord, kernel.tcp[1].smoothedRttUs));
  CHECK(destination.offset[0] == source.offset[1]);
  CHECK(find("sourceThreadId").needs == needsEndpoint);
  CHECK(find("sourceProcessId").needs == needsEndpoint);
}
