#include "encode/text.h"

#include "encode/encode_fixture.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr auto kText = EncoderSpec::Format::text;

std::string nameLine(std::string_view name, const std::string& key = "user") {
  TestBatch batch;
  FlowRecord record = sampleRecord4();
  nameRef(record) = batch.put(name);
  otherNameRef(record) = batch.put(name);
  batch.records = {record};
  return linesOf(lineSpec(kText, {{kProtocol, ""}, {key.empty() ? kOtherName : kName, key}}), batch);
}

}  // namespace

TEST_CASE("text: a line for each IP version, columns aligned for IPv4") {
  const EncoderSpec spec = lineSpec(
      kText, {{kStartMilliseconds, ""}, {kOtherName, ""}, {kSource4, ""}, {kSource6, ""}, {kSourcePort, ":"},
              {kDestination4, ">"}, {kDestination6, ">"}, {kDestinationPort, ":"}, {kPackets, "packets"},
              {kReversePackets, "/"}, {kOctets, "octets"}, {kReverseOctets, "/"}, {kName, "user"}, {kList, "list"}});
  TestBatch batch;
  batch.records = {sampleRecord4(), sampleRecord6(), sampleRecord4()};
  for (FlowRecord& record : batch.records) otherNameRef(record) = batch.put("TCP");
  nameRef(batch.records[0]) = batch.put("alice");
  otherNameRef(batch.records[2]) = batch.put("ICMP");
  batch.records[2].hot.key.port[0] = batch.records[2].hot.key.port[1] = 0;
  batch.records[2].hot.packets[1] = 0;
  CHECK(linesOf(spec, batch) ==
        "02:29:10.123 TCP  192.0.2.1:40000       > 198.51.100.7:443      packets=99/7 octets=123456/777 user=alice "
        "list=[63,64]\n"
        "02:29:10.123 TCP  [2001:db8::1]:40000 > [2001:db8::7]:443 packets=99/7 octets=123456/777 list=[63,64]\n"
        "02:29:10.123 ICMP 192.0.2.1             > 198.51.100.7          packets=99/0 octets=123456/777 "
        "list=[63,64]\n");
}

TEST_CASE("text: IPv6 addresses get no brackets where the port is left out") {
  TestBatch batch;
  batch.records = {sampleRecord6()};
  batch.records[0].hot.key.port[0] = 0;
  const EncoderSpec spec =
      lineSpec(kText, {{kSource6, ""}, {kSourcePort, ":"}, {kDestination6, ">"}, {kDestinationPort, ":"}});
  CHECK(linesOf(spec, batch) ==
        "2001:db8::1 > [2001:db8::7]:443\n");
}

TEST_CASE("text: empty bare columns are a dash, absent named ones are left out, times may be integers") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  batch.records[0].link = {};
  EncoderSpec spec = lineSpec(kText, {{kName, ""}, {kSourceMac, ""}, {kInterface, "if"}, {kOtherName, "name"},
                                      {kStartSeconds, ""}, {kFlag, "flag"}, {kReal, "mean"}});
  CHECK(linesOf(spec, batch) == "-    - name=\"\" 02:29:10 flag=false mean=111\n");
  spec.timeFormat = EncoderSpec::TimeFormat::milliseconds;
  CHECK(linesOf(spec, batch) == "-    - name=\"\" 1795228150 flag=false mean=111\n");
}

TEST_CASE("text: nothing reaches the terminal as a control character") {
  CHECK(nameLine("\x1b[31mred\x07") == "6 user=\\x1b[31mred\\x07\n");
  CHECK(nameLine("two words") == "6 user=\"two words\"\n");
  CHECK(nameLine("a=b") == "6 user=\"a=b\"\n");
  CHECK(nameLine("quo\"te\\") == "6 user=quo\\\"te\\\\\n");
  CHECK(nameLine("\xc2\x9b" "2J\x7f\r\n") == "6 user=\\u009b2J\\x7f\\x0d\\x0a\n");
  CHECK(nameLine("\xe2\x80\xae" "cod.exe") == "6 user=\\u202ecod.exe\n");
  CHECK(nameLine("\xff") == "6 user=\xef\xbf\xbd\n");
  CHECK(nameLine("gr\xc3\xbc\xc3\x9f") == "6 user=gr\xc3\xbc\xc3\x9f\n");
  CHECK(nameLine("\x1b]0;x", "") == "6 \\x1b]0;x\n");
}

TEST_CASE("text: uniflows are two lines") {
  TestBatch batch;
  batch.records = {sampleRecord4()};
  EncoderSpec spec = lineSpec(kText, {{kSource4, ""}, {kDestination4, ">"}, {kOctets, "octets"}});
  spec.biflow = false;
  CHECK(linesOf(spec, batch) ==
        "192.0.2.1       > 198.51.100.7    octets=123456\n198.51.100.7    > 192.0.2.1       octets=777\n");
}

TEST_CASE("text: a value that may be missing stands bare, and is left out without a dash") {
  CHECK(nameLine("curl(12) > nginx(7)@web", "?") == "6 curl(12) > nginx(7)@web\n");
  CHECK(nameLine("a\"b\n", "?") == "6 a\\\"b\\x0a\n");
  CHECK(nameLine("", "?") == "6\n");
}
