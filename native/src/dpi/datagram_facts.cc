#include "dpi/datagram_facts.h"

#include <algorithm>
#include <string_view>

#include "base/cursor.h"
#include "dpi/dns_exchange.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

constexpr unsigned kFewDatagrams = 8;      // of a flow that says nothing known, without STUN: DTLS may follow that
constexpr unsigned kMostDatagrams = 24;    // of a flow whose answer does not come
constexpr size_t kDtlsType = 13;           // of the first handshake message
constexpr size_t kMacAt = 28, kMac = 6;    // chaddr of DHCP

bool hasPort(const Packet& packet, uint16_t port) { return packet.key.port[0] == port || packet.key.port[1] == port; }

bool isNameService(const Packet& packet) {
  return hasPort(packet, 53) || hasPort(packet, 5353) || hasPort(packet, 5355);
}

// NetBIOS names (137) are framed like DNS but are another protocol.
bool isNetbios(const Packet& packet) { return hasPort(packet, 137) || hasPort(packet, 138); }

// RFC 8489 section 5: two zero bits, and the magic cookie.
bool isStun(Octets datagram) {
  return datagram.size() >= 20 && datagram[0] < 0x40 && loadBe32(datagram.data() + 4) == 0x2112a442;
}

bool toMany(const Packet& packet) {
  const Address& receiver = packet.key.address[packet.side ^ 1];
  return packet.key.ipVersion == 4 ? (receiver[12] & 0xf0) == 0xe0 : receiver[0] == 0xff;
}

}  // namespace

void DatagramFacts::begin(uint32_t needs) {
  *this = DatagramFacts();
  needs_ = needs;
  complete_ = false;
}

void DatagramFacts::packet(const Packet& packet, unsigned side, FactBuffer& facts) {
  if (complete_ || (packet.present & hasPayload) == 0 || (packet.present & isLaterFragment) != 0) return;
  const Octets datagram(packet.payloadData, packet.payloadCaptured);
  if (!isStun(datagram)) ++datagrams_;
  if (protocol_ == FactProtocol::unknown) protocol_ = protocolOf(packet, datagram);
  const bool known = protocol_ != FactProtocol::unknown;
  if (known && (needs_ & needOf(protocol_)) == 0) {
    finish();
    return;
  }
  read(packet, side, datagram, facts);
  if (datagrams_ >= (known ? kMostDatagrams : kFewDatagrams)) finish();
}

FactProtocol DatagramFacts::protocolOf(const Packet& packet, Octets datagram) const {
  if (looksLikeQuic(datagram)) return FactProtocol::quic;
  if (looksLikeDtls(datagram)) return FactProtocol::dtls;
  if (hasPort(packet, 67) && looksLikeDhcp(datagram)) return FactProtocol::dhcp;
  return isNameService(packet) || (!isNetbios(packet) && looksLikeDns(datagram)) ? FactProtocol::dns : FactProtocol::unknown;
}

void DatagramFacts::read(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  switch (protocol_) {
    case FactProtocol::dns: readDns(packet, side, datagram, facts); break;
    case FactProtocol::dhcp: readDhcp(datagram, facts); break;
    case FactProtocol::quic: readQuic(side, datagram, facts); break;
    case FactProtocol::dtls: readDtls(side, datagram, facts); break;
    default: break;
  }
}

// A message sent to many gets no answer in its flow, and an announcement may come before the first query. What arrives in
// the query's own direction is another query.
void DatagramFacts::readDns(const Packet& packet, unsigned side, Octets datagram, FactBuffer& facts) {
  const bool asked = queryNs_ != 0;
  if (asked && side == asking_) return;
  const ParseResult result = readDnsExchange(datagram, packet.ns, queryNs_, facts);
  if (result.state == Parse::no) return;
  if (!asked && queryNs_ != 0) asking_ = side;
  if (toMany(packet) ? facts.has(Fact::dnsQuery) : queryNs_ == 0 || asked) finish();
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

// The side whose Initial opens with the client's keys is the client; then the server's Initial can be opened as well.
void DatagramFacts::readQuic(unsigned side, Octets datagram, FactBuffer& facts) {
  if (quic_ == nullptr) quic_ = std::make_unique<QuicCrypto>();
  if (quic_->version == 0) asking_ = side;
  // A short header: the handshake is over, whatever of it was missed.
  if (clientDone_ && (datagram[0] & 0x80) == 0) return finish();
  if (side != asking_) {
    if (parseQuicServer(datagram, *quic_, facts).state == Parse::done && clientDone_) finish();
    return;
  }
  if (clientDone_) return;
  const ParseResult result = parseQuicClient(datagram, *quic_, facts);
  if (result.state == Parse::more) return;
  clientDone_ = true;
  // Google's own handshake has no hello of the server to be read.
  if (result.state == Parse::no || quic_->version == 0 || facts.has(Fact::tlsVersion)) finish();
}

void DatagramFacts::readDtls(unsigned side, Octets datagram, FactBuffer& facts) {
  if (dtls_ == nullptr) dtls_ = std::make_unique<Dtls>();
  Role& role = dtls_->roles[side];
  // STUN and media may share the flow (RFC 7983).
  if (role == Role::done || datagram[0] < 20 || datagram[0] > 63) return;
  if (role == Role::unknown) {
    if (!looksLikeDtls(datagram)) return;
    role = datagram[kDtlsType] == handshake::kClientHello ? Role::client : Role::server;
  }
  DtlsMessages& messages = dtls_->messages[side];
  const ParseResult result =
      role == Role::client ? parseDtlsClient(datagram, messages, facts) : parseDtlsServer(datagram, messages, facts);
  if (result.state == Parse::more) return;
  role = Role::done;
  if (dtls_->roles[side ^ 1] == Role::done) finish();
}

void DatagramFacts::finish() {
  quic_.reset();
  dtls_.reset();
  complete_ = true;
}

}  // namespace weir
