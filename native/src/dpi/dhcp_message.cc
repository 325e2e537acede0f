// DHCP (RFC 2131, options of RFC 2132, the name of RFC 4702): what a client says of itself, and the address it gets.
#include <string_view>

#include "base/cursor.h"
#include "dpi/fixed_text.h"
#include "dpi/parsers.h"

namespace weir {
namespace {

constexpr size_t kFixed = 240;  // with the magic cookie
constexpr uint32_t kCookie = 0x63825363;
constexpr size_t kClientAddress = 12, kYourAddress = 16, kHardwareAddress = 28, kServerName = 44, kFile = 108;
constexpr size_t kServerNameSize = 64, kFileSize = 128;
constexpr size_t kMac = 6;

enum Option : uint8_t {
  kPad = 0, kHostName = 12, kRequestedAddress = 50, kOverload = 52, kMessageType = 53, kParameters = 55, kClass = 60,
  kClientId = 61, kFullName = 81, kEnd = 255,
};

struct Message {
  std::string_view hostName, fullName, clientClass;
  Octets parameters, requested, clientId;
  uint8_t type = 0, overload = 0;
};

std::string_view textOf(Octets value) {
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  return text.substr(0, text.find('\0'));  // some clients count a final NUL
}

void take(uint8_t option, Octets value, Message& message) {
  if (value.empty()) return;
  switch (option) {
    case kHostName: message.hostName = textOf(value); break;
    case kRequestedAddress: message.requested = value; break;
    case kOverload: message.overload = value[0]; break;
    case kMessageType: message.type = value[0]; break;
    case kParameters: message.parameters = value; break;
    case kClass: message.clientClass = textOf(value); break;
    case kClientId: message.clientId = value; break;
    // Flags, two reply codes, then the name: as ASCII when the E bit is not set.
    case kFullName:
      if (value.size() > 3 && (value[0] & 4) == 0) message.fullName = textOf(value.subspan(3));
      break;
    default: break;
  }
}

// False when the options end before their end mark.
bool readOptions(Octets options, Message& message) {
  for (size_t at = 0; at < options.size();) {
    if (options[at] == kEnd) return true;
    if (options[at] == kPad) {
      ++at;
      continue;
    }
    if (at + 2 > options.size() || at + 2 + options[at + 1] > options.size()) return false;
    take(options[at], options.subspan(at + 2, options[at + 1]), message);
    at += 2u + options[at + 1];
  }
  return false;
}

void addStored(FactBuffer& facts, Fact fact, Octets octets) {
  facts.addStored(fact, {reinterpret_cast<const char*>(octets.data()), octets.size()});
}

void addMac(Octets datagram, const Message& message, FactBuffer& facts) {
  constexpr uint8_t kEthernet = 1;
  if (datagram[1] == kEthernet && datagram[2] == kMac) {
    addStored(facts, Fact::dhcpClientMac, datagram.subspan(kHardwareAddress, kMac));
  } else if (message.clientId.size() == kMac + 1 && message.clientId[0] == kEthernet) {
    addStored(facts, Fact::dhcpClientMac, message.clientId.subspan(1));
  }
}

void addAddress(Octets datagram, const Message& message, FactBuffer& facts) {
  if (message.requested.size() == 4) {
    addStored(facts, Fact::dhcpClientAddress, message.requested);
    return;
  }
  for (const size_t at : {kYourAddress, kClientAddress}) {
    if (loadBe32(datagram.data() + at) == 0) continue;
    addStored(facts, Fact::dhcpClientAddress, datagram.subspan(at, 4));
    return;
  }
}

void addFingerprint(Octets parameters, FactBuffer& facts) {
  FixedText<facts::kLongestText> text;
  for (const uint8_t parameter : parameters) {
    FixedText<3> number;
    number.decimal(parameter);
    if (!text.item(",", number.view())) break;
  }
  facts.add(Fact::dhcpFingerprint, text.view());
}

}  // namespace

bool looksLikeDhcp(Octets datagram) {
  return datagram.size() >= kFixed && (datagram[0] == 1 || datagram[0] == 2) && datagram[2] <= 16 &&
         loadBe32(datagram.data() + kFixed - 4) == kCookie;
}

ParseResult parseDhcp(Octets datagram, FactBuffer& facts) {
  if (!looksLikeDhcp(datagram)) return {};
  Message message;
  const bool whole = readOptions(datagram.subspan(kFixed), message);
  // Option overload: these fields go on with options (RFC 2131 section 4.1).
  if ((message.overload & 1) != 0) readOptions(datagram.subspan(kFile, kFileSize), message);
  if ((message.overload & 2) != 0) readOptions(datagram.subspan(kServerName, kServerNameSize), message);
  if (message.type != 0) facts.add(Fact::dhcpMessageType, uint64_t{message.type});
  facts.add(Fact::dhcpHostName, message.hostName.empty() ? message.fullName : message.hostName);
  facts.add(Fact::dhcpClass, message.clientClass);
  addFingerprint(message.parameters, facts);
  addMac(datagram, message, facts);
  addAddress(datagram, message, facts);
  return {whole ? Parse::done : Parse::more, 0};
}

}  // namespace weir
