// libndpi itself, as far as weir relies on it; skipped where there is none.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/error.h"
#include "dpi/dpi.h"
#include "dpi/ndpi_module.h"
#include "frame_builder.h"

using namespace weir;
using namespace weir::test;

namespace {

bool hasNdpi() {
  const DpiAvailability availability = dpiAvailability();
  if (!availability.available) MESSAGE("skipped, needs libndpi: " << availability.reason);
  return availability.available;
}

// nDPI's flow, zero as it has to be.
class Flow {
 public:
  ~Flow() { NdpiModule::clear(get()); }
  ndpi_flow_struct* get() { return reinterpret_cast<ndpi_flow_struct*>(octets_.get()); }

 private:
  std::unique_ptr<std::byte[]> octets_ = std::make_unique<std::byte[]>(NdpiModule::flowOctets());
};

constexpr size_t kEthernet = 14;

std::vector<uint8_t> datagram(uint16_t from, uint16_t to, std::string_view payload) {
  FrameBuilder builder;
  const Frame frame = builder.ethernet().ip4("10.0.0.1", "10.0.0.2").udp(from, to)
                          .append({payload.begin(), payload.end()}).frame();
  return {frame.data + kEthernet, frame.data + frame.captured};
}

uint16_t numberOf(const ApplicationNames& names, std::string_view name) {
  const auto found = std::find_if(names.applications.begin(), names.applications.end(),
                                  [&](const ApplicationName& application) { return application.name == name; });
  return found == names.applications.end() ? uint16_t{0} : static_cast<uint16_t>(found - names.applications.begin());
}

const std::string kDnsQuery("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
                            "example\x03org\x00\x00\x01\x00\x01", 33);

}  // namespace

TEST_CASE("the library says what it is, or why it cannot be used") {
  const DpiAvailability availability = dpiAvailability();
  CHECK(availability.available == availability.reason.empty());
  CHECK(availability.available == !availability.version.empty());
}

TEST_CASE("names of applications, categories, breeds, confidences and risks") {
  if (!hasNdpi()) return;
  const ApplicationNames names = NdpiModule({}).names();
  CHECK(names.applications.size() > 200);
  CHECK(names.application(0) == "Unknown");
  const uint16_t dns = numberOf(names, "DNS");
  REQUIRE(dns != 0);
  CHECK(names.categories.at(names.applications[dns].category) == "Network");
  CHECK(names.breeds.at(names.applications[dns].breed) == "Acceptable");
  CHECK(numberOf(names, "TLS") != 0);
  CHECK(std::find(names.confidences.begin(), names.confidences.end(), "DPI") != names.confidences.end());
  CHECK(names.risks.size() > 40);
  CHECK(names.risks.at(1) == "XSS Attack");
}

TEST_CASE("a DNS query is one, and what is no protocol is guessed by its port") {
  if (!hasNdpi()) return;
  NdpiModule module{RuleFiles{}};
  const ApplicationNames names = module.names();
  Flow flow;
  const Label label = module.process(flow.get(), datagram(40000, 53, kDnsQuery), 0);
  CHECK(names.application(label.application) == "DNS");
  CHECK(module.host(flow.get()) == "www.example.org");
  FlowApplication application{};
  module.describe(flow.get(), label, application);
  CHECK(application.application == label.application);
  CHECK(application.master == 0);
  CHECK(names.categories.at(application.category) == "Network");
  CHECK((application.flags & kEncrypted) == 0);

  Flow other;
  CHECK_FALSE(module.process(other.get(), datagram(40000, 1812, "nothing that anybody knows"), 0).known());
  module.describe(other.get(), module.giveUp(other.get()), application);
  CHECK(names.application(application.application) == "Radius");
}

TEST_CASE("custom protocols get numbers and names") {
  if (!hasNdpi()) return;
  RuleFiles rules;
  rules.protocols = "udp:7777@OurOwn\n";
  rules.protocolNames = {"OurOwn"};
  NdpiModule module(rules);
  const ApplicationNames names = module.names();
  const uint16_t own = numberOf(names, "OurOwn");
  CHECK(own != 0);
  Flow flow;
  CHECK(module.process(flow.get(), datagram(40000, 7777, "anything"), 0).application == own);
}

// Where standard output goes while this lives.
class OutputFile {
 public:
  OutputFile() {
    std::fflush(stdout);
    dup2(fileno(file_), STDOUT_FILENO);
  }
  ~OutputFile() {
    std::fflush(stdout);
    dup2(before_, STDOUT_FILENO);
    close(before_);
    std::fclose(file_);
  }
  long octets() const {
    std::fflush(stdout);
    return lseek(fileno(file_), 0, SEEK_END);
  }

 private:
  FILE* file_ = std::tmpfile();
  int before_ = dup(STDOUT_FILENO);
};

TEST_CASE("more custom protocols than nDPI has room for are an error, and nDPI's own words about it stay away") {
  if (!hasNdpi()) return;
  RuleFiles rules;
  for (int i = 0; i < 1000; i++) {
    rules.protocolNames.push_back("Own" + std::to_string(i));
    rules.protocols += "udp:" + std::to_string(10000 + i) + "@Own" + std::to_string(i) + "\n";
  }
  long printed;
  {
    const OutputFile output;
    CHECK_THROWS_AS(NdpiModule{rules}, Error);
    printed = output.octets();
  }
  CHECK(printed == 0);
}

TEST_CASE("lists change the category of hosts") {
  if (!hasNdpi()) return;
  RuleFiles rules;
  rules.categories = "example.org\t100\n";
  NdpiModule module(rules);
  Flow flow;
  CHECK(module.process(flow.get(), datagram(40000, 53, kDnsQuery), 0).category == 100);
}
