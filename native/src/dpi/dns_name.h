// Names and records of DNS messages (RFC 1035 sections 3.1, 3.2, 4.1.4).
#pragma once

#include "dpi/fixed_text.h"
#include "dpi/parsers.h"

namespace weir {

enum DnsType : uint16_t {
  kDnsA = 1, kDnsNs = 2, kDnsCname = 5, kDnsPtr = 12, kDnsMx = 15, kDnsTxt = 16, kDnsAaaa = 28, kDnsSrv = 33, kDnsDname = 39,
  kDnsOpt = 41, kDnsSvcb = 64, kDnsHttps = 65,
};

using DnsText = FixedText<facts::kLongestText>;

struct DnsNameEnd {
  Parse state = Parse::no;  // more: the message ends within the name
  size_t next = 0;          // done: offset behind the name
};

// Reads the name at an offset; what text is given (may be null) becomes its presentation: "." between labels, none behind
// the last, "." for the root; dots and backslashes of labels behind a backslash, other octets than graphic ASCII as \DDD.
DnsNameEnd readDnsName(Octets message, size_t at, DnsText* text);

struct DnsRecord {
  uint16_t type = 0;
  uint32_t ttl = 0;
  size_t data = 0;    // offset and size of RDATA, within the message
  size_t size = 0;
  size_t next = 0;
};

// The record at an offset; more: the message ends within it.
Parse readDnsRecord(Octets message, size_t at, DnsRecord& record);
// Makes the text what the record says: an address, a name, "10 mail.example.org" for MX ... else TYPEnn (RFC 3597).
void writeDnsAnswer(Octets message, const DnsRecord& record, DnsText& text);

}  // namespace weir
