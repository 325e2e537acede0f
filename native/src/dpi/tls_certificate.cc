#include "dpi/tls_certificate.h"

#include <algorithm>
#include <cstring>

#include "dpi/der.h"
#include "dpi/digest.h"
#include "dpi/fixed_text.h"
#include "dpi/tls_records.h"

namespace weir {
namespace {

using NameText = FixedText<facts::kLongestText>;

bool equals(Octets a, Octets b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

// Attributes of a name that are shown, by the last octet of their OID 2.5.4.x.
std::string_view attributeName(Octets oid) {
  if (oid.size() != 3 || oid[0] != 0x55 || oid[1] != 0x04) return {};
  switch (oid[2]) {
    case 3: return "CN";
    case 6: return "C";
    case 7: return "L";
    case 8: return "ST";
    case 10: return "O";
    case 11: return "OU";
    default: return {};
  }
}

// BMPString is UCS-2, the others are octets that FactBuffer makes well-formed.
void addBmpString(Octets content, NameText& text) {
  for (size_t i = 0; i + 2 <= content.size(); i += 2) {
    const unsigned point = loadBe16(content.data() + i);
    char octets[3];
    size_t size = 0;
    if (point < 0x80) {
      octets[size++] = static_cast<char>(point);
    } else if (point < 0x800) {
      octets[size++] = static_cast<char>(0xc0 | point >> 6);
      octets[size++] = static_cast<char>(0x80 | (point & 0x3f));
    } else {
      octets[size++] = static_cast<char>(0xe0 | point >> 12);
      octets[size++] = static_cast<char>(0x80 | (point >> 6 & 0x3f));
      octets[size++] = static_cast<char>(0x80 | (point & 0x3f));
    }
    text.add({octets, size});
  }
}

// "C=US, O=Example, CN=example.org", in the order of the certificate.
void addName(Octets name, Fact fact, FactBuffer& facts) {
  NameText text;
  DerReader sets(name);
  DerElement set, pair, oid, value;
  while (sets.next(der::kSet, set)) {
    DerReader pairs(set.content);
    while (pairs.next(der::kSequence, pair)) {
      DerReader parts(pair.content);
      if (!parts.next(der::kOid, oid) || !parts.next(value)) continue;
      const std::string_view attribute = attributeName(oid.content);
      if (attribute.empty()) continue;
      if (!text.empty()) text.add(", ");
      text.add(attribute);
      text.add('=');
      if (value.is(der::kBmpString)) addBmpString(value.content, text);
      else text.add({reinterpret_cast<const char*>(value.content.data()), value.content.size()});
    }
  }
  facts.add(fact, text.view());
}

// Two decimal digits, -1 when they are none.
int pairOf(Octets digits, size_t at) {
  if (at + 2 > digits.size()) return -1;
  const int high = digits[at] - '0', low = digits[at + 1] - '0';
  return high < 0 || high > 9 || low < 0 || low > 9 ? -1 : high * 10 + low;
}

// Days since 1970 of a date in the Gregorian calendar.
int64_t daysOf(int64_t year, int64_t month, int64_t day) {
  const int64_t shifted = month <= 2 ? year - 1 : year;
  const int64_t era = shifted / 400, yearOfEra = shifted % 400;
  const int64_t dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

// UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5: always Z); negative when it is neither.
int64_t secondsOf(const DerElement& time) {
  const Octets text = time.content;
  size_t at = 2;
  int64_t year = pairOf(text, 0);
  if (year < 0) return -1;
  if (time.is(der::kGeneralizedTime)) {
    const int low = pairOf(text, 2);
    if (low < 0) return -1;
    year = year * 100 + low;
    at = 4;
  } else if (time.is(der::kUtcTime)) {
    year += year < 50 ? 2000 : 1900;
  } else {
    return -1;
  }
  const int month = pairOf(text, at), day = pairOf(text, at + 2), hour = pairOf(text, at + 4);
  const int minute = pairOf(text, at + 6), second = std::max(pairOf(text, at + 8), 0);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return -1;
  return daysOf(year, month, day) * 86400 + hour * 3600 + minute * 60 + std::min(second, 59);
}

void addDate(const DerElement& time, Fact fact, FactBuffer& facts) {
  const int64_t seconds = secondsOf(time);
  if (seconds > 0) facts.add(fact, static_cast<uint64_t>(seconds));
}

void addNames(Octets subjectAltName, FactBuffer& facts) {
  DerReader outer(subjectAltName);
  DerElement list, name;
  if (!outer.next(der::kSequence, list)) return;
  NameText text;
  DerReader names(list.content);
  while (names.next(name)) {
    if (!name.is(der::kDnsName)) continue;
    const std::string_view dns(reinterpret_cast<const char*>(name.content.data()), name.content.size());
    if (!text.item(",", dns)) break;
  }
  facts.add(Fact::tlsCertificateNames, text.view());
}

void addExtensions(Octets extensions, FactBuffer& facts) {
  static constexpr uint8_t kSubjectAltName[] = {0x55, 0x1d, 0x11};
  DerReader outer(extensions);
  DerElement list, extension, oid, part;
  if (!outer.next(der::kSequence, list)) return;
  DerReader all(list.content);
  while (all.next(der::kSequence, extension)) {
    DerReader parts(extension.content);
    if (!parts.next(der::kOid, oid) || !equals(oid.content, kSubjectAltName)) continue;
    parts.next(der::kBoolean, part);  // critical
    if (parts.next(der::kOctetString, part)) addNames(part.content, facts);
    return;
  }
}

void addCertificate(Octets certificate, FactBuffer& facts) {
  DerReader outer(certificate);
  DerElement whole, signedPart, part, issuer, validity, subject;
  if (!outer.next(der::kSequence, whole)) return;
  facts.add(Fact::tlsCertificateSha1, sha1Hex(certificate));
  DerReader inner(whole.content);
  if (!inner.next(der::kSequence, signedPart)) return;
  DerReader parts(signedPart.content);
  parts.next(der::kVersion, part);
  // Serial number and signature algorithm come before the names.
  if (!parts.next(der::kInteger, part) || !parts.next(der::kSequence, part)) return;
  if (!parts.next(der::kSequence, issuer) || !parts.next(der::kSequence, validity)) return;
  if (!parts.next(der::kSequence, subject)) return;
  addName(subject.content, Fact::tlsCertificateSubject, facts);
  addName(issuer.content, Fact::tlsCertificateIssuer, facts);
  DerReader dates(validity.content);
  DerElement date;
  if (dates.next(date)) addDate(date, Fact::tlsCertificateNotBefore, facts);
  if (dates.next(date)) addDate(date, Fact::tlsCertificateNotAfter, facts);
  if (equals(subject.content, issuer.content)) facts.add(Fact::tlsCertificateSelfSigned, uint64_t{1});
  while (parts.next(part)) {
    if (part.is(der::kExtensions)) addExtensions(part.content, facts);
  }
}

}  // namespace

ParseResult addCertificateFacts(Octets message, FactBuffer& facts) {
  constexpr size_t kLengths = 6;  // of the list, then of the first certificate
  Cursor at(message.data(), message.size());
  if (!at.has(kHandshakeHeader)) return {Parse::more, kHandshakeHeader};
  if (at.u8() != handshake::kCertificate) return {};
  const size_t whole = handshakeLength(message);
  size_t needed = kHandshakeHeader + kLengths;
  if (at.has(needed)) needed += loadBe24(at.at + needed - 3);
  if (needed > whole) return {};
  if (!at.has(needed)) return {Parse::more, needed};
  at.limit(needed);
  at.skip(kHandshakeHeader + kLengths);
  if (!facts.has(Fact::tlsCertificateSha1)) addCertificate({at.at, at.left()}, facts);
  return {Parse::done};
}

}  // namespace weir
