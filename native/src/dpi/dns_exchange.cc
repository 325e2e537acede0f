#include "dpi/dns_exchange.h"

#include <algorithm>

#include "base/cursor.h"

namespace weir {

ParseResult readDnsExchange(Octets message, uint64_t ns, uint64_t& queryNs, FactBuffer& facts) {
  constexpr size_t kHeader = 12;
  if (message.size() < kHeader) return {};
  const bool response = (message[2] & 0x80) != 0;
  if (!response) {
    const ParseResult result = queryNs == 0 ? parseDnsQuery(message, facts) : ParseResult{};
    if (result.state != Parse::no) queryNs = std::max<uint64_t>(ns, 1);
    return result;
  }
  if (queryNs != 0 && facts.number(Fact::dnsQueryId) != loadBe16(message.data())) return {};
  const ParseResult result = parseDnsResponse(message, facts);
  if (result.state != Parse::no && queryNs != 0 && ns >= queryNs) {
    facts.add(Fact::dnsLatencyUs, (ns - queryNs) / 1000 + 1);
  }
  return result;
}

}  // namespace weir
