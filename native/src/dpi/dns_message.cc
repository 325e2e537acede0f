// DNS messages (RFC 1035), also of mDNS (RFC 6762) and LLMNR (RFC 4795), with the extended reply code of EDNS (RFC 6891).
#include <algorithm>

#include "base/cursor.h"
#include "dpi/dns_name.h"
#include "dpi/parsers.h"

namespace weir {
namespace {

constexpr size_t kHeader = 12;
constexpr size_t kMostAddresses = 8;
constexpr unsigned kMostRecords = 256;  // walked in one message
constexpr uint8_t kLastOpcode = 6;

struct Header {
  uint16_t id, questions, answers, authorities, additional;
  bool response;
  uint8_t opcode, reserved, replyCode;
};

Header readHeader(Octets message) {
  const uint8_t* at = message.data();
  return {
      .id = loadBe16(at),
      .questions = loadBe16(at + 4),
      .answers = loadBe16(at + 6),
      .authorities = loadBe16(at + 8),
      .additional = loadBe16(at + 10),
      .response = (at[2] & 0x80) != 0,
      .opcode = static_cast<uint8_t>(at[2] >> 3 & 15),
      .reserved = static_cast<uint8_t>(at[3] >> 6 & 1),
      .replyCode = static_cast<uint8_t>(at[3] & 15),
  };
}

struct Question {
  Parse state = Parse::no;
  size_t next = 0;
};

// The question at an offset; the first one's name and type are facts. Its class has the QU bit of mDNS: not looked at.
Question readQuestion(Octets message, size_t at, FactBuffer* facts) {
  DnsText text;
  const DnsNameEnd name = readDnsName(message, at, facts != nullptr ? &text : nullptr);
  if (name.state != Parse::done) return {name.state, 0};
  if (facts != nullptr) facts->add(Fact::dnsQuery, text.view());
  if (message.size() - name.next < 4) return {Parse::more, 0};
  if (facts != nullptr) facts->add(Fact::dnsQueryType, uint64_t{loadBe16(message.data() + name.next)});
  return {Parse::done, name.next + 4};
}

// What the records of a response say, gathered before it becomes facts.
struct Answers {
  DnsText addresses, texts;
  size_t addressCount = 0;
  bool hasTtl = false, hasAddressTtl = false;
  uint32_t ttl = 0;

  void take(Octets message, const DnsRecord& record) {
    const bool address =
        (record.type == kDnsA && record.size == 4) || (record.type == kDnsAaaa && record.size == 16);
    if (!hasTtl || (address && !hasAddressTtl)) ttl = record.ttl;
    hasTtl = true;
    hasAddressTtl |= address;
    DnsText text;
    writeDnsAnswer(message, record, text);
    if (!texts.isCut()) texts.item(",", text.view());
    if (address && addressCount++ < kMostAddresses) addresses.item(",", text.view());
  }
};

// Walks the sections behind the questions; answers are gathered, of the others only OPT counts.
Parse readRecords(Octets message, size_t at, const Header& header, Answers& answers, uint32_t& replyCode) {
  const uint32_t records = uint32_t{header.answers} + header.authorities + header.additional;
  for (uint32_t i = 0; i < std::min(records, uint32_t{kMostRecords}); i++) {
    DnsRecord record;
    const Parse state = readDnsRecord(message, at, record);
    if (state != Parse::done) return state;
    if (i < header.answers) {
      answers.take(message, record);
    } else if (record.type == kDnsOpt) {
      replyCode |= record.ttl >> 24 << 4;
    }
    at = record.next;
  }
  return Parse::done;
}

bool isNameCharacter(uint8_t octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') ||
         octet == '-' || octet == '_' || octet == '.' || octet == '*' || octet == '/';
}

bool isCommonType(uint16_t type) { return (type >= 1 && type <= 65 && type != 32) || (type >= 249 && type <= 257); }

bool isCommonClass(uint16_t value) {
  const unsigned plain = value & 0x7fffu;  // without QU
  return plain == 1 || plain == 3 || plain == 255;
}

// A question of the kind hosts ask: a name of letters, digits and their like, a type and a class in use.
bool looksLikeQuestion(Octets message, size_t at, size_t& next) {
  DnsText text;
  const DnsNameEnd name = readDnsName(message, at, &text);
  if (name.state != Parse::done || message.size() - name.next < 4) return false;
  const std::string_view characters = text.view();
  next = name.next + 4;
  return std::all_of(characters.begin(), characters.end(),
                     [](char character) { return isNameCharacter(static_cast<uint8_t>(character)); }) &&
         isCommonType(loadBe16(message.data() + name.next)) && isCommonClass(loadBe16(message.data() + name.next + 2));
}

}  // namespace

bool looksLikeDns(Octets message) {
  if (message.size() < kHeader + 5) return false;
  const Header header = readHeader(message);
  if (header.questions != 1 || header.reserved != 0 || (header.opcode != 0 && header.opcode != 4)) return false;
  if (header.answers > 64 || header.authorities > 32 || header.additional > 64) return false;
  if (!header.response && (header.answers != 0 || header.authorities != 0 || header.replyCode != 0)) return false;
  size_t next = 0;
  if (!looksLikeQuestion(message, kHeader, next)) return false;
  DnsRecord record;
  if (header.answers + header.authorities + header.additional == 0) return next == message.size();
  const Parse state = readDnsRecord(message, next, record);
  return state == Parse::done || (state == Parse::more && next < message.size());
}

ParseResult parseDnsQuery(Octets message, FactBuffer& facts) {
  if (message.size() < kHeader) return {Parse::more, kHeader};
  const Header header = readHeader(message);
  if (header.response || header.questions == 0 || header.opcode > kLastOpcode) return {};
  const Question question = readQuestion(message, kHeader, &facts);
  if (question.state != Parse::no) facts.add(Fact::dnsQueryId, uint64_t{header.id});
  return {question.state, 0};
}

ParseResult parseDnsResponse(Octets message, FactBuffer& facts) {
  if (message.size() < kHeader) return {Parse::more, kHeader};
  const Header header = readHeader(message);
  if (!header.response || header.opcode > kLastOpcode) return {};
  size_t at = kHeader;
  Parse state = Parse::done;
  for (unsigned i = 0; i < header.questions && state == Parse::done; i++) {
    const Question question = readQuestion(message, at, i == 0 ? &facts : nullptr);
    state = question.state;
    at = question.next;
    if (state == Parse::no && i == 0) return {};
    if (i >= kMostRecords) return {};
  }
  Answers answers;
  uint32_t replyCode = header.replyCode;
  if (state == Parse::done) state = readRecords(message, at, header, answers, replyCode);
  // Records that cannot be read come from a broken or a cut message; its header still tells the result.
  facts.add(Fact::dnsQueryId, uint64_t{header.id});
  facts.add(Fact::dnsReplyCode, uint64_t{replyCode} + 1);
  facts.add(Fact::dnsAnswers, uint64_t{header.answers} + 1);
  if (answers.hasTtl) facts.add(Fact::dnsFirstTtl, uint64_t{answers.ttl} + 1);
  facts.add(Fact::dnsAddresses, answers.addresses.view());
  facts.add(Fact::dnsResponse, answers.texts.view());
  return {state == Parse::no ? Parse::done : state};
}

}  // namespace weir
