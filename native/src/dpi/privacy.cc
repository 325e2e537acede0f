#include "dpi/privacy.h"

#include "dpi/digest.h"

namespace weir {

bool hidesNothing(const DpiPrivacy& privacy) {
  return !privacy.hideUrls && !privacy.hideDnsNames && !privacy.hideUserAgents && privacy.serverNameKey.empty();
}

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
  if (fact == Fact::info) return !hidesNothing(privacy);
  return (privacy.hideUrls && isUrl(fact)) || (privacy.hideDnsNames && isDnsName(fact)) ||
         (privacy.hideUserAgents && isUserAgent(fact));
}

}  // namespace

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
