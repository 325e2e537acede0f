#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "dpi/inspected_flow.h"
#include "dpi/payload.h"
#include "fields/application_names.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr std::string_view kRequest =
    "GET /path?q=1 HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: curl/8.0\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";
constexpr uint32_t kEverything = kApplicationNeeds;

bool hasNdpi() {
  const DpiAvailability availability = dpiAvailability();
  if (!availability.available) MESSAGE("skipped, needs libndpi: " << availability.reason);
  return availability.available;
}

std::string_view nameOf(const InspectedFlow& flow) { return applicationNames()->application(flow.application.application); }

std::string query(const char* name) { return dnsHeader(0x1234, 0x0100, 1) + dnsQuestion(name, 1); }

// A file that reload() reads again.
class RuleFile {
 public:
  explicit RuleFile(std::string_view text) {
    const int descriptor = mkstemp(path_);
    REQUIRE(descriptor >= 0);
    close(descriptor);
    write(text);
  }
  ~RuleFile() { unlink(path_); }
  void write(std::string_view text) const { std::ofstream(path_) << text; }
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/weir-inspect-XXXXXX";
};

}  // namespace

TEST_CASE("facts are found without nDPI") {
  const DpiEngine engine(dpiOptions(needsHttp | needsDns));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  CHECK(inspector.counters().states.get() == 0);  // no payload, no state
  flow.tcp(0, kAck | kPush, kRequest);
  CHECK(inspector.counters().states.get() == 1);
  CHECK_FALSE(flow.settled());
  flow.tcp(1, kAck | kPush, kAnswer);
  flow.settle();
  CHECK(flow.text(Fact::httpHost) == "www.example.org");
  CHECK(flow.number(Fact::httpStatus) == 200);
  CHECK(flow.application.application == 0);
  CHECK(inspector.counters().packets.get() == 0);  // nDPI's
  CHECK(inspector.counters().states.get() == 0);
  CHECK(inspector.counters().factsOctets.get() > 0);
  flow.forget();
  CHECK(flow.text(Fact::httpHost).empty());
  CHECK(inspector.counters().factsOctets.get() == 0);
}

TEST_CASE("a record that leaves early has what is known so far") {
  const DpiEngine engine(dpiOptions(needsHttp));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  flow.tcp(0, kAck | kPush, kRequest);
  flow.update();
  CHECK_FALSE(flow.settled());
  CHECK(flow.text(Fact::httpMethod) == "GET");
  CHECK(flow.text(Fact::httpStatus).empty());
  flow.hot.recordIndex = 1;
  flow.hot.packets[0] = flow.hot.packets[1] = 0;
  flow.tcp(1, kAck | kPush, kAnswer);
  flow.settle();
  CHECK(flow.number(Fact::httpStatus) == 200);
  flow.forget();
}

TEST_CASE("privacy holds for what goes out") {
  DpiOptions options = dpiOptions(needsHttp);
  options.privacy.hideUrls = true;
  options.privacy.serverNameKey = "key";
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  flow.tcp(0, kAck | kPush, kRequest);
  flow.update();
  CHECK(flow.text(Fact::httpUrl).empty());
  const std::string hashed(flow.text(Fact::httpHost));
  CHECK(hashed.size() == 32);
  flow.tcp(1, kAck | kPush, kAnswer);
  flow.settle();
  CHECK(flow.text(Fact::httpHost) == hashed);
  flow.forget();
}

TEST_CASE("a flow is inspected for so many packets at most") {
  DpiOptions options = dpiOptions(needsHttp);
  options.tcpPackets = 10;
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  flow.tcp(0, kAck, kRequest);
  for (int i = 0; i < 6; i++) flow.tcp(0, kAck);
  CHECK_FALSE(flow.settled());
  flow.tcp(0, kAck);
  CHECK(flow.settled());
  CHECK(inspector.counters().states.get() == 0);
  CHECK(flow.text(Fact::httpHost) == "www.example.org");
  flow.forget();
}

TEST_CASE("needs that only nDPI meets are an error without it") {
  if (dpiAvailability().available) return;
  CHECK_THROWS_AS(DpiEngine{dpiOptions(needsLabel)}, Error);
  CHECK_NOTHROW(DpiEngine{dpiOptions(needsLabel | needsTls)});
  DpiOptions filtered = dpiOptions(needsTls);
  filtered.filter = "tls";
  CHECK_THROWS_AS(DpiEngine{filtered}, Error);
}

TEST_CASE("HTTP is named at its request, risks and facts wait for the answer") {
  if (!hasNdpi()) return;
  const DpiEngine labels(dpiOptions(needsLabel));
  FlowInspector quick(labels);
  InspectedFlow one(quick);
  one.handshake();
  one.tcp(0, kAck | kPush, kRequest);
  CHECK(one.settled());
  CHECK(nameOf(one) == "HTTP");
  CHECK(one.application.inspected == 1);
  CHECK(quick.counters().classified.get() == 1);

  const DpiEngine engine(dpiOptions(kEverything));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  flow.tcp(0, kAck | kPush, kRequest);
  CHECK_FALSE(flow.settled());
  flow.tcp(1, kAck);
  flow.tcp(1, kAck | kPush, kAnswer);
  flow.settle();
  CHECK(nameOf(flow) == "HTTP");
  CHECK(applicationNames()->confidences.at(flow.application.confidence) == "DPI");
  CHECK(flow.text(Fact::httpUrl) == "/path?q=1");
  CHECK(flow.number(Fact::httpStatus) == 200);
  flow.forget();
}

TEST_CASE("the middle of a connection is classified when its payload tells") {
  if (!hasNdpi()) return;
  const DpiEngine engine(dpiOptions(needsLabel));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector, 8123);
  flow.tcp(1, kAck);
  flow.tcp(0, kAck | kPush, kRequest);
  CHECK(nameOf(flow) == "HTTP");
}

TEST_CASE("flows without payload are guessed at their end and need no state") {
  if (!hasNdpi()) return;
  const DpiEngine engine(dpiOptions(needsLabel));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector, 22);
  flow.tcp(0, kSyn);
  flow.tcp(1, kRst | kAck);
  CHECK_FALSE(flow.settled());
  flow.settle();
  CHECK(flow.settled());
  CHECK(nameOf(flow) == "SSH");
  CHECK(applicationNames()->confidences.at(flow.application.confidence) == "Match by port");
  CHECK(inspector.counters().guessed.get() == 1);
  CHECK(inspector.counters().states.get() == 0);

  InspectedFlow nobody(inspector, 39999);
  nobody.tcp(0, kSyn);
  nobody.settle();
  CHECK(nobody.application.application == 0);
  CHECK(applicationNames()->breeds.at(nobody.application.breed) == "Unrated");
  CHECK(inspector.counters().givenUp.get() == 1);
}

TEST_CASE("other protocols are known by one packet") {
  if (!hasNdpi()) return;
  const DpiEngine engine(dpiOptions(needsLabel));
  FlowInspector inspector(engine);
  InspectedFlow ping(inspector);
  FrameBuilder echo;
  ping.feed(echo.ethernet().ip4("10.0.0.9", "10.0.0.2").icmp(8).payload(56).frame(1), 0);
  CHECK(ping.settled());
  CHECK(nameOf(ping) == "ICMP");
  InspectedFlow tunnel(inspector);
  FrameBuilder gre;
  tunnel.feed(gre.ethernet().ip4("10.0.0.9", "10.0.0.2").gre().payload(20).frame(1), 0);
  CHECK(nameOf(tunnel) == "GRE");
}

TEST_CASE("without a free state a flow gets one look") {
  if (!hasNdpi()) return;
  DpiOptions options = dpiOptions(kEverything);
  options.states = 1;
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow first(inspector, 80, 40000);
  first.handshake();
  first.tcp(0, kAck | kPush, kRequest);
  InspectedFlow second(inspector, 53, 40001);
  second.udp(0, query("www.example.org"));
  CHECK(second.settled());
  CHECK((second.application.flags & kNotInspected) != 0);
  CHECK(nameOf(second) == "DNS");
  CHECK(inspector.counters().statesMissing.get() == 1);
  first.settle();
  InspectedFlow third(inspector, 53, 40002);
  third.udp(0, query("www.example.org"));
  CHECK((third.application.flags & kNotInspected) == 0);
  third.settle();
  for (InspectedFlow* flow : {&first, &second, &third}) flow->forget();
}

TEST_CASE("packets that were cut are classified by what is there") {
  if (!hasNdpi()) return;
  const DpiEngine engine(dpiOptions(needsLabel));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  FrameBuilder builder = flow.tcpBuilder(0, kAck | kPush);
  Frame frame = builder.append(bytesOf(kRequest)).payload(900).frame(2);
  frame.captured = 14 + 40 + 60;
  CHECK(flow.feed(frame, 0));
  CHECK(nameOf(flow) == "HTTP");
}

TEST_CASE("super-packets larger than a header can say are looked at as far as nDPI can") {
  if (!hasNdpi()) return;
  const DpiEngine engine(dpiOptions(needsLabel));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  FrameBuilder builder = flow.tcpBuilder(0, kAck | kPush);
  const Frame frame = builder.append(bytesOf(kRequest)).payload(100'000).frame(2);
  Packet packet;
  FrameBuilder small = flow.tcpBuilder(0, kAck | kPush);
  Decoder decoder{DecoderOptions{}};
  REQUIRE(decoder.decode(small.append(bytesOf(kRequest)).frame(2), packet) == Outcome::metered);
  std::vector<uint8_t> octets(frame.data + 14, frame.data + frame.captured);
  octets[2] = octets[3] = 0;  // BIG TCP: the length does not fit
  packet.ip = octets.data();
  packet.ipCaptured = static_cast<uint32_t>(octets.size());
  flow.give(packet, 0);
  CHECK(nameOf(flow) == "HTTP");
}

TEST_CASE("later fragments are not looked at") {
  const DpiEngine engine(dpiOptions(needsDns));
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector, 53);
  FrameBuilder builder;
  Ip4Options later;
  later.fragment = 100;
  flow.feed(builder.ethernet().ip4("10.0.0.9", "10.0.0.2", later).type(17).payload(40).frame(1), 0);
  CHECK(flow.application.progress == 0);
  CHECK(inspector.counters().states.get() == 0);
}

TEST_CASE("hosts and addresses on lists") {
  const RuleFile list("example.org\t100\n10.0.0.2\t101\n");
  DpiOptions options = dpiOptions(needsDns);
  options.categoryFiles = {list.path()};
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow named(inspector, 53);
  named.udp(0, query("www.example.org"));
  named.settle();
  CHECK((named.application.flags & kListed) != 0);
  CHECK(named.application.listCategory == 100);
  named.forget();
  InspectedFlow bare(inspector, 22);
  bare.tcp(0, kSyn);
  bare.settle();
  CHECK(bare.application.listCategory == 101);
}

TEST_CASE("reload takes new rules for new flows, old flows go on") {
  if (!hasNdpi()) return;
  const RuleFile rules("udp:7777@First\n");
  DpiOptions options = dpiOptions(needsLabel);
  options.protocolsFile = rules.path();
  DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow before(inspector, 8123);
  before.handshake();
  before.tcp(0, kAck, "something");
  CHECK_FALSE(before.settled());

  rules.write("udp:7777@First\nudp:7778@Second\n");
  engine.reload();
  InspectedFlow after(inspector, 7778);
  after.udp(0, "anything");
  CHECK(nameOf(after) == "Second");
  before.tcp(0, kAck | kPush, kRequest);
  before.settle();
  CHECK(before.settled());

  rules.write("udp:7779@Third\nudp:7777@First\n");
  engine.reload();
  InspectedFlow third(inspector, 7779);
  third.udp(0, "anything");
  CHECK(nameOf(third) == "Third");
  CHECK(nameOf(after) == "Second");  // its number means what it meant

  rules.write("udp:x@First\n");
  CHECK_THROWS_AS(engine.reload(), Error);
  InspectedFlow again(inspector, 7779);
  again.udp(0, "anything");
  CHECK(nameOf(again) == "Third");
}

TEST_CASE("only wanted flows go out") {
  if (!hasNdpi()) return;
  DpiOptions options = dpiOptions(0);
  options.filter = "http";
  const DpiEngine engine(options);
  FlowInspector inspector(engine);
  InspectedFlow flow(inspector);
  flow.handshake();
  flow.tcp(0, kAck | kPush, kRequest);
  CHECK(inspector.wanted(flow.application));
  InspectedFlow other(inspector, 53);
  other.udp(0, query("www.example.org"));
  other.settle();
  CHECK_FALSE(inspector.wanted(other.application));
  options.filter = "htpt";
  CHECK_THROWS_AS(DpiEngine{options}, Error);
}
