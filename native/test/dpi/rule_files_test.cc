#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "dpi/rule_files.h"

using namespace weir;

namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) {
    const int descriptor = mkstemp(path_);
    REQUIRE(descriptor >= 0);
    close(descriptor);
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { unlink(path_); }
  std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/weir-rules-XXXXXX";
};

Address address(const char* text) {
  Address result{};
  if (inet_pton(AF_INET6, text, result.data()) == 1) return result;
  result[10] = result[11] = 0xff;
  REQUIRE(inet_pton(AF_INET, text, result.data() + 12) == 1);
  return result;
}

std::string complaint(const std::string& protocols, const std::vector<std::string>& categories) {
  try {
    readRuleFiles(protocols, categories, 106);
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_DPI_FILE");
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("rules that nDPI takes") {
  for (const char* rule : {"tcp:81,tcp:8181@HTTP", "udp:5061-5062@SIP", "host:\"disney.com\",host:plus.net@DisneyPlus",
                           "ip:213.75.170.11/32:443@Custom", "ip:8.248.73.247:443@Prime", "ip:54.80.47.130@Prime",
                           "host_risk_mask:\".home\"=0", "ip_risk_mask:192.168.1.0/24=18446744073709551615",
                           "trusted_issuer_dn:\"CN=813845657003339838, O=Code42\""}) {
    CAPTURE(rule);
    CHECK(judgeProtocolRule(rule) == "");
  }
}

TEST_CASE("rules that nDPI would leave out in silence, or fall over") {
  for (const char* rule : {"tcp:81", "tcp:@HTTP", "tcp:0@HTTP", "tcp:65535@HTTP", "tcp:90-80@HTTP", "tcp:8x@HTTP", "sctp:80@X",
                           "host:@X", "host:\"a@X", "host:\"\"@X", "ip:1.2.3@X", "ip:1.2.3.4/33@X", "ip:1.2.3.4:99999@X",
                           "@X", "tcp:80@", "tcp:80,@X", "ip_risk_mask:1.2.3.4", "ip_risk_mask:1.2.3.4=x",
                           "host_risk_mask:=1", "trusted_issuer_dn:", "nonsense:1=2"}) {
    CAPTURE(rule);
    CHECK(judgeProtocolRule(rule) != "");
  }
}

TEST_CASE("files are kept as text, without remarks, and with an end of line that may lack") {
  const TemporaryFile protocols("# remark\n\n  tcp:81@HTTP  \r\nhost:\"a.b\"@My Own");
  const TemporaryFile categories("bad.example\t100\n10.0.0.0/8\t 101");
  const RuleFiles files = readRuleFiles(protocols.path(), {categories.path()}, 106);
  CHECK(files.protocols == "tcp:81@HTTP\nhost:\"a.b\"@My Own\n");
  CHECK(files.protocolNames == std::vector<std::string>{"HTTP", "My_Own"});
  CHECK(files.categories == "bad.example\t100\n10.0.0.0/8\t101\n");
  CHECK(files.list.ofHost("www.bad.example") == 100);
  CHECK(files.list.ofAddress(address("10.1.2.3")) == 101);
}

TEST_CASE("every wrong line is told with file and number") {
  const TemporaryFile protocols("tcp:81@HTTP\nudp:x@SIP\n");
  const TemporaryFile categories("bad.example 100\nbad.example\t0\nbad.example\t106\nb?d\t5\ngood.example\t5\n");
  const std::string text = complaint(protocols.path(), {categories.path(), "/nowhere/list"});
  CHECK(text.find(protocols.path() + ":2: 'x' is not a port") != std::string::npos);
  for (const char* number : {":1: ", ":2: ", ":3: ", ":4: "}) {
    CHECK(text.find(categories.path() + number) != std::string::npos);
  }
  CHECK(text.find(categories.path() + ":5: ") == std::string::npos);
  CHECK(text.find("/nowhere/list: No such file") != std::string::npos);
}

TEST_CASE("names hold for the domains below, networks for their addresses, the longest decides") {
  CategoryList list;
  CHECK(list.empty());
  CHECK(list.add("Example.COM", 1));
  CHECK(list.add(".deep.example.com.", 2));
  CHECK(list.add("10.0.0.0/8", 3));
  CHECK(list.add("10.9.0.1", 4));
  CHECK(list.add("2001:db8::/33", 5));
  CHECK_FALSE(list.add("10.0.0.0/33", 6));
  CHECK_FALSE(list.add("a b", 6));
  CHECK_FALSE(list.add("", 6));
  CHECK(list.ofHost("example.com") == 1);
  CHECK(list.ofHost("WWW.example.com.") == 1);
  CHECK(list.ofHost("notexample.com") == 0);
  CHECK(list.ofHost("com") == 0);
  CHECK(list.ofHost("x.deep.example.com") == 2);
  CHECK(list.ofHost(std::string(300, 'a') + ".example.com") == 0);
  CHECK(list.ofAddress(address("10.9.0.1")) == 4);
  CHECK(list.ofAddress(address("10.9.0.2")) == 3);
  CHECK(list.ofAddress(address("11.0.0.1")) == 0);
  CHECK(list.ofAddress(address("2001:db8:7fff::1")) == 5);
  CHECK(list.ofAddress(address("2001:db8:8000::1")) == 0);
}
