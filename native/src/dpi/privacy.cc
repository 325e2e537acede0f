// What goes out of what was found: the switches of --dpi-privacy.
#include "dpi/digest.h"
#include "dpi/fact_collector.h"

namespace weir {
namespace {

constexpr size_t kNameDigits = 32;  // of a hashed name: 128 bits

bool isUrl(Fact fact) { return fact == Fact::httpUrl || fact == Fact::httpReferer; }

bool isDnsName(Fact fact) { return fact == Fact::dnsQuery || fact == Fact::dnsResponse; }

bool isServerName(Fact fact) {
  return fact == Fact::tlsServerName || fact == Fact::httpHost || fact == Fact::tlsCertificateNames ||
         fact == Fact::tlsCertificateSubject;
}

bool isUserAgent(Fact fact) { return fact == Fact::httpUserAgent || fact == Fact::quicUserAgent; }

// nDPI's text may repeat any of them.
bool isHidden(const DpiPrivacy& privacy, Fact fact) {
  if (fact == Fact::info) {
    return privacy.hideUrls || privacy.hideDnsNames || privacy.hideUserAgents || !privacy.serverNameKey.empty();
  }
  return (privacy.hideUrls && isUrl(fact)) || (privacy.hideDnsNames && isDnsName(fact)) ||
         (privacy.hideUserAgents && isUserAgent(fact));
}

}  // namespace

bool hidesNothing(const DpiPrivacy& privacy) {
  return !privacy.hideUrls && !privacy.hideDnsNames && !privacy.hideUserAgents && privacy.serverNameKey.empty();
}

void applyPrivacy(const DpiPrivacy& privacy, const FactBuffer& from, FactBuffer& to) {
  to.clear();
  for (size_t i = 1; i < kFacts; i++) {
    const auto fact = static_cast<Fact>(i);
    if (!from.has(fact) || isHidden(privacy, fact)) continue;
    const std::string_view stored = from.text(fact);
    if (isServerName(fact) && !privacy.serverNameKey.empty()) {
      to.add(fact, keyedHex(privacy.serverNameKey, stored, kNameDigits));
    } else {
      to.addStored(fact, stored);
    }
  }
}

}  // namespace weir
