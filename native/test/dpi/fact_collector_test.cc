#include "dpi/fact_collector.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "dpi/hello_builder.h"
#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr uint8_t kTcp = 6, kUdp = 17;
constexpr uint8_t kSynFlag = 0x02, kAckFlag = 0x10;

std::string asString(const Bytes& octets) { return {octets.begin(), octets.end()}; }

const std::string kClientHello = asString(record(
    22, clientHello(0x0303, values({0x1301, 0x1302}), join({serverName("example.org"), supportedVersions({0x0304})}))));
const std::string kServerHello =
    asString(record(22, serverHello(0x0303, 0x1301, extension(43, number(0x0304, 2)))));

// A connection whose packets the test writes: a side's octets by their place in its stream.
struct Connection {
  explicit Connection(uint16_t source = 40000, uint16_t destination = 443, uint32_t needs = kFactNeeds)
      : sourcePort(source), destinationPort(destination) {
    collector.begin(needs);
  }
  Packet packet(unsigned side, uint32_t place, std::string_view payload, uint8_t flags) const {
    Packet made = payloadPacket(kTcp, side, sourcePort, destinationPort, payload, ns);
    made.present |= hasTcp;
    made.tcpFlags = flags;
    made.sequence = first[side] + place;
    made.acknowledgment = first[side ^ 1] + acknowledged[side];
    return made;
  }
  void handshake() {
    collector.packet(packet(0, 0xffffffff, "", kSynFlag), 0, facts);
    collector.packet(packet(1, 0xffffffff, "", kSynFlag | kAckFlag), 1, facts);
  }
  void at(unsigned side, uint32_t place, std::string_view payload) {
    collector.packet(packet(side, place, payload, kAckFlag), side, facts);
    acknowledged[side ^ 1] = std::max<uint32_t>(acknowledged[side ^ 1], place + static_cast<uint32_t>(payload.size()));
  }
  // The next octets of a side.
  void say(unsigned side, std::string_view payload) {
    at(side, next[side], payload);
    next[side] += static_cast<uint32_t>(payload.size());
  }
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
  uint64_t number(Fact fact) const { return facts.number(fact); }

  uint16_t sourcePort, destinationPort;
  std::array<uint32_t, 2> first{0xfffffff0u, 5000};  // sequence numbers wrap
  std::array<uint32_t, 2> acknowledged{}, next{};
  uint64_t ns = 1;
  FactBuffer facts;
  FactCollector collector;
};

struct Datagrams {
  explicit Datagrams(uint16_t source = 40000, uint16_t destination = 53, uint32_t needs = kFactNeeds)
      : sourcePort(source), destinationPort(destination) {
    collector.begin(needs);
  }
  Packet packet(unsigned side, std::string_view payload, uint64_t ns) const {
    return payloadPacket(kUdp, side, sourcePort, destinationPort, payload, ns);
  }
  void say(unsigned side, std::string_view payload, uint64_t ns = 1) {
    collector.packet(packet(side, payload, ns), side, facts);
  }
  std::string text(Fact fact) const { return std::string(facts.text(fact)); }
  uint64_t number(Fact fact) const { return facts.number(fact); }

  uint16_t sourcePort, destinationPort;
  FactBuffer facts;
  FactCollector collector;
};

const std::string kRequest = "GET /path HTTP/1.1\r\nHost: example.org\r\n\r\n";
const std::string kResponse = "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Type: text/html\r\n\r\n<html>";

std::string dnsResponse(unsigned id, const std::string& name, const std::string& address = hex("c0000201")) {
  return dnsHeader(id, 0x8180, 1, 1) + dnsQuestion(name, 1) + dnsRecord(kSameName, 1, 60, address);
}

}  // namespace

TEST_CASE("collector: HTTP, request and response in one segment each") {
  Connection flow(40000, 8081);
  flow.handshake();
  flow.say(0, kRequest);
  CHECK(!flow.collector.complete());
  flow.say(1, kResponse);
  CHECK(flow.collector.complete());
  CHECK(flow.text(Fact::httpUrl) == "/path");
  CHECK(flow.number(Fact::httpStatus) == 200);
  CHECK(flow.text(Fact::httpContentType) == "text/html");
}

TEST_CASE("collector: a segmented ClientHello in every order, with a SYN and without") {
  const size_t third = kClientHello.size() / 3;
  for (const bool syn : {true, false}) {
    std::array<size_t, 3> order{0, 1, 2};
    do {
      CAPTURE(syn);
      CAPTURE(order[0]);
      CAPTURE(order[1]);
      Connection flow;
      if (syn) flow.handshake();
      for (const size_t part : order) {
        flow.at(0, static_cast<uint32_t>(part * third), kClientHello.substr(part * third, part == 2 ? std::string::npos : third));
      }
      flow.say(1, kServerHello);
      CHECK(flow.text(Fact::tlsServerName) == "example.org");
      CHECK(flow.number(Fact::tlsVersion) == 0x0304);
      CHECK(flow.collector.complete());
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST_CASE("collector: pieces of any size, retransmitted") {
  for (size_t piece : {1u, 2u, 7u, 40u, 1000u}) {
    CAPTURE(piece);
    Connection flow;
    flow.handshake();
    for (size_t at = 0; at < kClientHello.size(); at += piece) {
      flow.at(0, static_cast<uint32_t>(at), kClientHello.substr(at, piece));
      if (at >= 8) flow.at(0, static_cast<uint32_t>(at - 1), kClientHello.substr(at - 1, piece));
    }
    // So many segments of one octet without anything known are not waited for.
    if (piece > 1) CHECK(flow.text(Fact::tlsServerName) == "example.org");
  }
}

TEST_CASE("collector: one direction alone") {
  Connection client;
  client.say(0, kClientHello);
  CHECK(client.text(Fact::tlsServerName) == "example.org");
  CHECK(!client.collector.complete());
  for (int i = 0; i < 40; i++) client.say(0, "\x17\x03\x03 application data");
  CHECK(client.collector.complete());
  Connection server;
  server.say(1, kServerHello);
  CHECK(server.number(Fact::tlsCipher) == 0x1301);
  Connection response(40000, 80);
  response.say(1, kResponse);
  CHECK(response.number(Fact::httpStatus) == 200);
}

TEST_CASE("collector: the server's flight in the wrong order") {
  const Bytes flight = join({record(22, serverHello(0x0303, 0xc02f, {})), record(22, message(11, vector(3, {}))),
                             record(22, message(14, {}))});
  const std::string octets = asString(flight);
  Connection flow;
  flow.say(0, kClientHello);
  flow.at(1, 20, octets.substr(20));
  CHECK(!flow.facts.has(Fact::tlsCipher));
  flow.at(1, 0, octets.substr(0, 20));
  CHECK(flow.number(Fact::tlsCipher) == 0xc02f);
  CHECK(flow.collector.complete());
}

TEST_CASE("collector: given up in the midst of a connection") {
  Connection flow;
  for (int i = 0; i < 4; i++) {
    flow.say(0, std::string(1400, '\x17'));
    CHECK(!flow.collector.complete());
  }
  flow.say(1, std::string(1400, '\x17'));
  CHECK(flow.collector.complete());
  CHECK(flow.facts.octets().empty());
}

TEST_CASE("collector: a request behind the rest of an earlier one") {
  Connection flow(40000, 80);
  flow.say(1, "the end of some page</html>");
  flow.say(0, kRequest);
  flow.say(1, kResponse);
  CHECK(flow.collector.complete());
  CHECK(flow.text(Fact::httpHost) == "example.org");
  CHECK(flow.number(Fact::httpStatus) == 200);
}

TEST_CASE("collector: a lost segment before a response") {
  Connection flow(40000, 80);
  flow.handshake();
  flow.say(0, kRequest);
  flow.at(1, 1400, kResponse);
  CHECK(flow.collector.complete());
  CHECK(flow.number(Fact::httpStatus) == 200);
}

TEST_CASE("collector: STARTTLS, CONNECT and SOCKS lead to TLS") {
  Connection mail(40000, 25);
  mail.handshake();
  for (int i = 0; i < 2; i++) {
    mail.say(1, "220 mail.example.org ESMTP\r\n");
    mail.say(0, "EHLO client.example.org\r\n");
  }
  mail.say(1, "250-STARTTLS\r\n");
  mail.say(0, "STARTTLS\r\n");
  mail.say(1, "220 go ahead\r\n");
  mail.say(0, kClientHello.substr(0, 30));
  mail.say(0, kClientHello.substr(30));
  mail.say(1, kServerHello);
  CHECK(mail.text(Fact::tlsServerName) == "example.org");
  CHECK(mail.number(Fact::tlsVersion) == 0x0304);
  CHECK(mail.collector.complete());

  for (const uint32_t needs : {uint32_t{kFactNeeds}, uint32_t{needsTls}}) {
    Connection proxy(40000, 3128, needs);
    proxy.handshake();
    proxy.say(0, "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
    proxy.say(1, "HTTP/1.1 200 Connection established\r\n\r\n");
    proxy.say(0, kClientHello);
    proxy.say(1, kServerHello);
    CHECK(proxy.collector.complete());
    CHECK(proxy.text(Fact::tlsServerName) == "example.org");
    CHECK(proxy.number(Fact::tlsVersion) == 0x0304);
    CHECK((proxy.text(Fact::httpMethod) == "CONNECT") == (needs == kFactNeeds));
  }

  Connection socks(40000, 1080);
  socks.handshake();
  socks.say(0, hex("050100"));
  socks.say(1, hex("0500"));
  socks.say(0, hex("05010001c0000201") + be16(443));
  socks.say(1, hex("05000001000000000000"));
  socks.say(0, kClientHello);
  CHECK(socks.text(Fact::tlsServerName) == "example.org");
}

TEST_CASE("collector: only what was asked for") {
  Connection http(40000, 80, needsTls | needsDns);
  http.handshake();
  http.say(0, kRequest);
  CHECK(http.collector.complete());
  CHECK(http.facts.octets().empty());
  Connection tls(40000, 443, needsHttp);
  tls.say(0, kClientHello);
  CHECK(tls.collector.complete());
  Datagrams dns(40000, 53, needsTls);
  dns.say(0, dnsHeader(1, 0x0100, 1) + dnsQuestion("a.example", 1));
  CHECK(dns.collector.complete());
  CHECK(dns.facts.octets().empty());
  FactCollector nothing;
  nothing.begin(kNdpiNeeds);
  CHECK(nothing.complete());
}

TEST_CASE("collector: SSH, either end named by its port") {
  const std::string client = "SSH-2.0-client\r\n", server = "SSH-2.0-server\r\n";
  Connection flow(40000, 22);
  flow.say(1, server);
  flow.say(0, client);
  CHECK(flow.text(Fact::sshServer) == "SSH-2.0-server");
  CHECK(flow.text(Fact::sshClient) == "SSH-2.0-client");
  Connection turned(22, 40000);
  turned.say(0, server);
  turned.say(1, client);
  CHECK(turned.text(Fact::sshServer) == "SSH-2.0-server");
  CHECK(turned.text(Fact::sshClient) == "SSH-2.0-client");
  Connection elsewhere(40000, 2222);
  elsewhere.say(1, server);
  CHECK(elsewhere.text(Fact::sshServer) == "SSH-2.0-server");
}

TEST_CASE("collector: DNS, the response to the first query and its latency") {
  Datagrams flow;
  const std::string query = dnsHeader(7, 0x0100, 1) + dnsQuestion("www.example.org", 1);
  flow.say(0, query, 1'000'000);
  flow.say(0, dnsHeader(8, 0x0100, 1) + dnsQuestion("www.example.org", 28), 1'100'000);
  flow.say(0, query, 1'200'000);
  flow.say(1, dnsResponse(8, "www.example.org", hex("c0000299")), 1'500'000);
  CHECK(!flow.collector.complete());
  flow.say(1, dnsResponse(7, "www.example.org"), 2'000'000);
  CHECK(flow.collector.complete());
  CHECK(flow.number(Fact::dnsQueryId) == 7);
  CHECK(flow.number(Fact::dnsQueryType) == 1);
  CHECK(flow.text(Fact::dnsAddresses) == "192.0.2.1");
  CHECK(flow.number(Fact::dnsLatencyUs) == 1001);
}

TEST_CASE("collector: DNS, a response alone, a cut one, another port") {
  Datagrams alone;
  alone.say(1, dnsResponse(7, "www.example.org"));
  CHECK(alone.collector.complete());
  CHECK(alone.text(Fact::dnsQuery) == "www.example.org");
  CHECK(!alone.facts.has(Fact::dnsLatencyUs));

  Datagrams fragment;
  const std::string response = dnsResponse(7, "www.example.org");
  Packet first = fragment.packet(1, std::string_view(response).substr(0, response.size() - 4), 1);
  first.present |= isFragment;
  Packet later = fragment.packet(1, "some octets of a later fragment", 1);
  later.present |= isFragment | isLaterFragment;
  fragment.collector.packet(later, 1, fragment.facts);
  CHECK(fragment.facts.octets().empty());
  fragment.collector.packet(first, 1, fragment.facts);
  CHECK(fragment.text(Fact::dnsQuery) == "www.example.org");
  CHECK(fragment.number(Fact::dnsAnswers) == 2);

  Datagrams elsewhere(40000, 8053);
  elsewhere.say(0, dnsHeader(7, 0x0100, 1) + dnsQuestion("www.example.org", 1));
  CHECK(elsewhere.text(Fact::dnsQuery) == "www.example.org");
  Datagrams netbios(137, 137);
  netbios.say(0, dnsHeader(7, 0x0110, 1) + dnsQuestion("FHEPFCELEHFCEPFFFACACACACACACABM", 33));
  CHECK(netbios.facts.octets().empty());
}

TEST_CASE("collector: a query sent to many has no answer in its flow") {
  Datagrams flow(5353, 5353);
  const std::string query = dnsHeader(0, 0, 1) + dnsQuestion("tv.local", 1, 0x8001);
  Packet packet = flow.packet(0, query, 1);
  packet.key.address[1] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 224, 0, 0, 251};
  flow.collector.packet(packet, 0, flow.facts);
  CHECK(flow.text(Fact::dnsQuery) == "tv.local");
  CHECK(flow.collector.complete());
}

TEST_CASE("collector: DNS over TCP, messages in pieces and behind each other") {
  const auto framed = [](const std::string& message) { return be16(static_cast<unsigned>(message.size())) + message; };
  const std::string queries = framed(dnsHeader(7, 0x0100, 1) + dnsQuestion("a.example", 1)) +
                              framed(dnsHeader(8, 0x0100, 1) + dnsQuestion("b.example", 1));
  const std::string responses = framed(dnsResponse(8, "b.example")) + framed(dnsResponse(7, "a.example", hex("c0000207")));
  for (size_t piece : {1000u, 45u, 10u, 2u}) {
    CAPTURE(piece);
    Connection flow(40000, 53);
    flow.handshake();
    flow.say(0, queries.substr(0, 2));  // some resolvers send the length alone
    flow.say(0, queries.substr(2));
    flow.ns = 3'000'001;
    for (size_t at = 0; at < responses.size(); at += piece) flow.say(1, responses.substr(at, piece));
    if (piece > 2) {
      CHECK(flow.collector.complete());
      CHECK(flow.text(Fact::dnsQuery) == "a.example");
      CHECK(flow.text(Fact::dnsAddresses) == "192.0.2.7");
      CHECK(flow.number(Fact::dnsLatencyUs) == 3001);
    }
  }
}

TEST_CASE("collector: clients without an address share a flow, the first one counts") {
  const auto message = [](const std::string& mac, const std::string& options) {
    return hex("01 01 06 00 12345678 0000 0000") + std::string(16, '\0') + mac + std::string(10 + 192, '\0') +
           hex("63825363") + options + "\xff";
  };
  const std::string first = hex("020000000001"), second = hex("020000000002");
  Datagrams flow(68, 67);
  flow.say(0, message(first, hex("350101 370103")));
  flow.say(0, message(second, hex("350103 0c016f 3204c0000205")));
  CHECK(!flow.collector.complete());
  flow.say(0, message(first, hex("350103 0c0161 3204c0000204 370103")));
  CHECK(flow.collector.complete());
  CHECK(flow.text(Fact::dhcpClientMac) == first);
  CHECK(flow.number(Fact::dhcpMessageType) == 1);
  CHECK(flow.text(Fact::dhcpHostName) == "a");
  CHECK(flow.text(Fact::dhcpClientAddress) == hex("c0000204"));
}

TEST_CASE("collector: what the snap length took does not come any more") {
  Connection flow(40000, 80);
  flow.handshake();
  Packet packet = flow.packet(0, 0, kRequest, kAckFlag);
  packet.payload = 1400;
  packet.payloadCaptured -= 2;  // without the line that ends the fields
  flow.collector.packet(packet, 0, flow.facts);
  CHECK(flow.text(Fact::httpHost) == "example.org");
  flow.at(1, 0, kResponse);
  CHECK(flow.collector.complete());
}

TEST_CASE("collector: a cut response of DNS over TCP gives what it has") {
  Connection flow(40000, 53);
  flow.handshake();
  const std::string message = dnsResponse(7, "www.example.org");
  const std::string framed = be16(static_cast<unsigned>(message.size())) + message;
  Packet packet = flow.packet(1, 0, std::string_view(framed).substr(0, framed.size() - 6), kAckFlag);
  packet.payload = static_cast<uint32_t>(framed.size());
  flow.collector.packet(packet, 1, flow.facts);
  CHECK(flow.text(Fact::dnsQuery) == "www.example.org");
  CHECK(flow.number(Fact::dnsAnswers) == 2);
}

TEST_CASE("collector: memory stays bounded and begin() forgets") {
  Connection flow(40000, 80);
  flow.handshake();
  flow.at(0, 0, "GET / HTTP/1.1\r\nCookie: ");
  const std::string filler(1000, 'x');
  for (uint32_t i = 0; i < 40; i++) flow.at(0, 24 + i * 1000, filler);
  flow.say(1, kResponse);
  CHECK(flow.collector.complete());
  CHECK(flow.number(Fact::httpStatus) == 200);
  flow.facts.clear();
  flow.collector.begin(kFactNeeds);
  CHECK(!flow.collector.complete());
  flow.at(0, 100'000, kRequest);
  flow.at(1, 100'000, kResponse);
  CHECK(flow.collector.complete());
  CHECK(flow.text(Fact::httpHost) == "example.org");
}

TEST_CASE("collector: DTLS behind STUN, in the same flow") {
  const auto dtls = [](const Bytes& handshakeMessage, uint16_t sequence) {
    const Bytes body(handshakeMessage.begin() + 4, handshakeMessage.end());
    const Bytes fragment = join({Bytes(handshakeMessage.begin(), handshakeMessage.begin() + 4), number(sequence, 2),
                                 number(0, 3), number(body.size(), 3), body});
    return asString(join({{22}, number(0xfefd, 2), number(0, 8), vector(2, fragment)}));
  };
  // A ClientHello with a cookie field behind the session's identifier.
  const Bytes hello = message(1, join({number(0xfefd, 2), Bytes(32, 7), {0}, {0}, vector(2, values({0xc02b})), vector(1, {0}),
                                       vector(2, serverName("dtls.example"))}));
  const std::string stun = hex("00010000 2112a442") + std::string(12, 'x');
  Datagrams flow(40000, 3478);
  flow.say(0, stun);
  flow.say(1, stun);
  flow.say(0, dtls(hello, 0));
  flow.say(0, stun);
  flow.say(1, stun);
  flow.say(1, dtls(serverHello(0xfefd, 0xc02b, {}), 0));
  flow.say(1, std::string(1, 23) + hex("fefd 0001 000000000001 0004 01020304"));
  CHECK(flow.text(Fact::tlsServerName) == "dtls.example");
  CHECK(flow.number(Fact::tlsCipher) == 0xc02b);
  CHECK(flow.collector.complete());
}

TEST_CASE("collector: QUIC whose Initial does not open is given up, its version stays") {
  Datagrams flow(40000, 443);
  const std::string initial = hex("c3 00000001 08 0102030405060708 00 00 4020") + std::string(1180, 'x');
  for (int i = 0; i < 30; i++) flow.say(i % 2 == 0 ? 0 : 1, initial);
  CHECK(flow.number(Fact::quicVersion) == 1);
  CHECK(flow.collector.complete());
}

TEST_CASE("collector: other protocols than TCP and UDP") {
  FactCollector collector;
  FactBuffer facts;
  collector.begin(kFactNeeds);
  collector.packet(payloadPacket(132, 0, 40000, 53, "sctp"), 0, facts);
  CHECK(collector.complete());
}
