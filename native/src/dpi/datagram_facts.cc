#include "dpi/datagram_facts.h"

#include <algorithm>
#include <string_view>

#include "dpi/dns_exchange.h"

namespace weir {
namespace {

constexpr unsigned kFewDatagrams = 8;      // of a flow that says nothing known; DTLS may follow STUN
constexpr unsigned kMostDatagrams = 24;    // of a flow whose answer does not come
constexpr size_t kMacAt = 28, kMac = 6;    // chaddr of DHCP

bool hasPort(const Packet& packet, uint16_t port) { return packet.key.port[0] == port || packet.key.port[1] == port; }

bool isNameService(const Packet& packet) {
  return hasPort(packet, 53) || hasPort(packet, 5353) || hasPort(packet, 5355);
}

// NetBIOS names (137) are framed like DNS but are another protocol.
bool isNetbios(const Packet& packet) { return hasPort(packet, 137) || hasPort(packet, 138); }

bool toMany(const Packet& packet) {
  const Address& receiver = packet.key.address[packet.side ^ 1];
  return packet.key.ipVersion == 4 ? (receiver[12] & 0xf0) == 0xe0 : receiver[0] == 0xff;
}

}  // namespace

void DatagramFacts::begin(uint32_t needs) {
  needs_ = needs;
  queryNs_ = 0;
  datagrams_ = 0;
  asking_ = 0;
  protocol_ = FactProtocol::unknown;
  complete_ = false;
}

void DatagramFacts::packet(const Packet& packet, unsigned side, FactBuffer& facts) {
  if (complete_ || (packet.present & hasPayload) == 0 || (packet.present & isLaterFragment) != 0) return;
  ++datagrams_;
  const Octets datagram(packet.payloadData, packet.payloadCaptured);
  if (protocol_ == FactProtocol::unknown) {
    recognise(packet, side, datagram, facts);
  } else {
    read(packet, side, datagram, facts);
  }
  if (datagrams_ >= (protocol_ == FactProtocol::unknown ? kFewDatagrams : kMostDatagrams)) finish();
}

void DatagramFacts::recognise(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  if (hasPort(packet, 67) && looksLikeDhcp(datagram)) {
    settle(FactProtocol::dhcp, packet, side, datagram, facts);
  } else if (isNameService(packet) || (!isNetbios(packet) && looksLikeDns(datagram))) {
    settle(FactProtocol::dns, packet, side, datagram, facts);
  }
}

void DatagramFacts::settle(FactProtocol protocol, const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  if ((needs_ & needOf(protocol)) == 0) {
    finish();
    return;
  }
  protocol_ = protocol;
  read(packet, side, datagram, facts);
}

void DatagramFacts::read(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  switch (protocol_) {
    case FactProtocol::dns: readDns(packet, side, datagram, facts); break;
    case FactProtocol::dhcp: readDhcp(datagram, facts); break;
    default: break;
  }
}

// A message sent to many gets no answer in its flow. What arrives in the query's own direction is another query.
void DatagramFacts::readDns(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  const bool asked = queryNs_ != 0;
  if (asked && side == asking_) return;
  const ParseResult result = readDnsExchange(datagram, packet.ns, queryNs_, facts);
  if (result.state == Parse::no) return;
  if (!asked && queryNs_ != 0) asking_ = side;
  if (queryNs_ == 0 || asked || toMany(packet)) finish();
}

// Clients without an address share a flow: only what the first one says counts.
void DatagramFacts::readDhcp(Octets datagram, FactBuffer& facts) {
  const std::string_view mac = facts.text(Fact::dhcpClientMac);
  if (datagram.size() < kMacAt + kMac) return;
  if (mac.size() == kMac && !std::equal(mac.begin(), mac.end(), datagram.begin() + kMacAt, [](char a, uint8_t b) {
        return static_cast<uint8_t>(a) == b;
      })) {
    return;
  }
  parseDhcp(datagram, facts);
  if (facts.has(Fact::dhcpFingerprint) && facts.has(Fact::dhcpHostName) && facts.has(Fact::dhcpClientAddress)) finish();
}

}  // namespace weir
