#include "dpi/dns_name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/cursor.h"

namespace weir {
namespace {

constexpr size_t kLongestName = 254;  // octets of lengths and labels without the root's
constexpr unsigned kMostJumps = 32;

void putEscaped(uint8_t octet, DnsText& text) {
  if (octet > 0x20 && octet < 0x7f) {
    text.add(static_cast<char>(octet));
    return;
  }
  const char digits[] = {'\\', static_cast<char>('0' + octet / 100), static_cast<char>('0' + octet / 10 % 10),
                         static_cast<char>('0' + octet % 10)};
  text.add(std::string_view(digits, sizeof digits));
}

void putLabel(Octets label, DnsText& text) {
  for (const uint8_t octet : label) {
    if (octet == '.' || octet == '\\') text.add('\\');
    putEscaped(octet, text);
  }
}

// The first character-string of a TXT record and those behind it, as one text in quotation marks.
void putStrings(Octets data, DnsText& text) {
  text.add('"');
  for (size_t at = 0; at < data.size();) {
    const size_t end = std::min(data.size(), at + 1 + data[at]);
    for (++at; at < end; ++at) {
      if (data[at] == '"' || data[at] == '\\') text.add('\\');
      if (data[at] == ' ') {
        text.add(' ');
      } else {
        putEscaped(data[at], text);
      }
    }
  }
  text.add('"');
}

void putAddress(int family, const uint8_t* octets, DnsText& text) {
  char written[INET6_ADDRSTRLEN];
  if (inet_ntop(family, octets, written, sizeof written) != nullptr) text.add(std::string_view(written));
}

// `numbers` numbers of two octets, then a name.
bool putNumbersAndName(Octets message, const DnsRecord& record, size_t numbers, DnsText& text) {
  if (record.size < numbers * 2 + 1) return false;
  for (size_t i = 0; i < numbers; i++) {
    text.decimal(loadBe16(message.data() + record.data + i * 2));
    text.add(' ');
  }
  return readDnsName(message, record.data + numbers * 2, &text).state == Parse::done;
}

bool putData(Octets message, const DnsRecord& record, DnsText& text) {
  const Octets data = message.subspan(record.data, record.size);
  switch (record.type) {
    case kDnsA:
      if (data.size() != 4) return false;
      putAddress(AF_INET, data.data(), text);
      return true;
    case kDnsAaaa:
      if (data.size() != 16) return false;
      putAddress(AF_INET6, data.data(), text);
      return true;
    case kDnsTxt: putStrings(data, text); return true;
    case kDnsNs:
    case kDnsCname:
    case kDnsDname:
    case kDnsPtr: return putNumbersAndName(message, record, 0, text);
    case kDnsMx:
    case kDnsSvcb:
    case kDnsHttps: return putNumbersAndName(message, record, 1, text);
    case kDnsSrv: return putNumbersAndName(message, record, 3, text);
    default: return false;
  }
}

}  // namespace

DnsNameEnd readDnsName(Octets message, size_t at, DnsText* text) {
  size_t next = 0, length = 0;
  for (unsigned jumps = 0; jumps <= kMostJumps;) {
    if (at >= message.size()) return {Parse::more, 0};
    const uint8_t octet = message[at];
    if (octet >= 0xc0) {
      if (at + 2 > message.size()) return {Parse::more, 0};
      const size_t target = loadBe16(message.data() + at) & 0x3fff;
      if (target >= at) return {};  // compression points back (RFC 1035 section 4.1.4)
      if (next == 0) next = at + 2;
      at = target;
      ++jumps;
      continue;
    }
    if (octet > 63) return {};
    if (octet == 0) {
      if (length == 0 && text != nullptr) text->add('.');
      return {Parse::done, next != 0 ? next : at + 1};
    }
    if (at + 1 + octet > message.size()) return {Parse::more, 0};
    if (text != nullptr) {
      if (length != 0) text->add('.');
      putLabel(message.subspan(at + 1, octet), *text);
    }
    length += octet + 1u;
    if (length > kLongestName) return {};
    at += octet + 1u;
  }
  return {};
}

Parse readDnsRecord(Octets message, size_t at, DnsRecord& record) {
  const DnsNameEnd name = readDnsName(message, at, nullptr);
  if (name.state != Parse::done) return name.state;
  Cursor cursor(message.data() + name.next, message.size() - name.next);
  if (!cursor.has(10)) return Parse::more;
  record.type = cursor.be16();
  record.ttl = cursor.be32(4);
  record.size = cursor.be16(8);
  cursor.skip(10);
  if (!cursor.has(record.size)) return Parse::more;
  record.data = name.next + 10;
  record.next = record.data + record.size;
  return Parse::done;
}

void writeDnsAnswer(Octets message, const DnsRecord& record, DnsText& text) {
  text.clear();
  if (putData(message, record, text)) return;
  text.clear();
  text.add("TYPE");
  text.decimal(record.type);
}

}  // namespace weir
