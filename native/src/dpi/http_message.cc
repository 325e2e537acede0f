// HTTP/1.x requests and responses (RFC 9112): the first line and the header fields that are facts.
#include <strings.h>

#include <algorithm>
#include <string_view>

#include "dpi/parsers.h"

namespace weir {
namespace {

constexpr size_t kLongestHead = 16u << 10;  // first line and fields; behind it what was found is all
constexpr size_t kVersion = 8;              // HTTP/1.1
constexpr unsigned kMostInterim = 8;        // 1xx responses before the final one

// Those that are known before their line is complete. Others count once "HTTP/1.x" stands at the line's end.
constexpr std::string_view kMethods[] = {
    "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH", "REPORT", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "RPC_IN_DATA", "RPC_OUT_DATA",
};

std::string_view asText(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

struct Line {
  std::string_view text;  // without CR LF
  bool complete = false;
  size_t next = 0;
};

Line lineAt(std::string_view stream, size_t at) {
  const size_t end = stream.find('\n', at);
  const bool complete = end != std::string_view::npos;
  std::string_view text = stream.substr(at, complete ? end - at : end);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return {text, complete, complete ? end + 1 : stream.size()};
}

std::string_view trimmed(std::string_view text) {
  const auto isSpace = [](char character) { return character == ' ' || character == '\t'; };
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && isSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool isVersion(std::string_view text) {
  return text.size() == kVersion && text.starts_with("HTTP/1.") && text[7] >= '0' && text[7] <= '9';
}

bool isMethodCharacter(char character) {
  return (character >= 'A' && character <= 'Z') || character == '-' || character == '_';
}

bool isPrintable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char character) {
    const auto octet = static_cast<uint8_t>(character);
    return octet < 0x20 || octet == 0x7f;
  });
}

struct RequestLine {
  bool good = false;
  std::string_view method, target;
};

RequestLine readRequestLine(const Line& line) {
  RequestLine request;
  const size_t space = line.text.find(' ');
  if (space == std::string_view::npos || space < 3 || space > 24) return request;
  request.method = line.text.substr(0, space);
  if (!std::all_of(request.method.begin(), request.method.end(), isMethodCharacter)) return request;
  const std::string_view rest = line.text.substr(space + 1);
  if (!isPrintable(rest)) return request;
  if (!line.complete) {
    const bool known = std::find(std::begin(kMethods), std::end(kMethods), request.method) != std::end(kMethods);
    const size_t end = rest.find(' ');  // the version may be cut
    request.good = known && (end == std::string_view::npos ||
                             std::string_view("HTTP/1.").starts_with(rest.substr(rest.rfind(' ') + 1).substr(0, 7)));
    request.target = rest;
    return request;
  }
  const size_t last = rest.rfind(' ');
  if (last == std::string_view::npos || !isVersion(rest.substr(last + 1))) return request;
  request.target = trimmed(rest.substr(0, last));
  request.good = !request.target.empty();
  return request;
}

// 0: no status line.
unsigned readStatus(std::string_view line) {
  if (line.size() < kVersion + 4 || !isVersion(line.substr(0, kVersion)) || line[kVersion] != ' ') return 0;
  unsigned status = 0;
  for (const char digit : line.substr(kVersion + 1, 3)) {
    if (digit < '0' || digit > '9') return 0;
    status = status * 10 + static_cast<unsigned>(digit - '0');
  }
  if (line.size() > kVersion + 4 && line[kVersion + 4] != ' ') return 0;
  return status >= 100 && status <= 999 ? status : 0;
}

// Whether a status line may begin so.
bool beginsStatus(std::string_view line) {
  constexpr std::string_view kBegin = "HTTP/1.";
  return line.substr(0, kBegin.size()) == kBegin.substr(0, line.size());
}

struct HeadEnd {
  bool complete;
  size_t next;
};

// Gives each complete field line to take(name, value). Continued lines (obsolete) and lines without a colon are passed over.
template <typename Take>
HeadEnd readFields(std::string_view stream, size_t at, Take&& take) {
  for (;;) {
    const Line line = lineAt(stream, at);
    if (!line.complete) return {false, at};
    at = line.next;
    if (line.text.empty()) return {true, at};
    const size_t colon = line.text.find(':');
    if (colon == std::string_view::npos || line.text.front() == ' ' || line.text.front() == '\t') continue;
    take(trimmed(line.text.substr(0, colon)), trimmed(line.text.substr(colon + 1)));
  }
}

bool isField(std::string_view name, std::string_view wanted) {
  return name.size() == wanted.size() && strncasecmp(name.data(), wanted.data(), name.size()) == 0;
}

struct FieldFact {
  std::string_view name;
  Fact fact;
};

constexpr FieldFact kRequestFields[] = {
    {"host", Fact::httpHost}, {"user-agent", Fact::httpUserAgent}, {"referer", Fact::httpReferer},
    {"x-forwarded-for", Fact::httpForwardedFor}, {"via", Fact::httpVia}, {"content-type", Fact::httpContentType},
};

// The authority of an absolute target, or the whole of CONNECT's; empty for a path.
std::string_view hostOf(std::string_view method, std::string_view target) {
  if (method == "CONNECT") return target;
  const size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || target.substr(0, scheme).find_first_of("/?#") != std::string_view::npos) return {};
  std::string_view authority = target.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const size_t user = authority.rfind('@');
  return user == std::string_view::npos ? authority : authority.substr(user + 1);
}

// Empty lines before the first line are allowed (RFC 9112 section 2.2).
size_t skipEmptyLines(std::string_view stream) {
  const size_t at = stream.find_first_not_of("\r\n");
  return at == std::string_view::npos || at > 4 ? 0 : at;
}

}  // namespace

bool looksLikeHttpRequest(Octets stream) {
  const std::string_view text = asText(stream.first(std::min(stream.size(), kLongestHead)));
  return readRequestLine(lineAt(text, skipEmptyLines(text))).good;
}

bool looksLikeHttpResponse(Octets stream) {
  const Line line = lineAt(asText(stream.first(std::min(stream.size(), size_t{64}))), 0);
  return !line.complete && line.text.size() <= kVersion + 4 ? beginsStatus(line.text) : readStatus(line.text) != 0;
}

ParseResult parseHttpRequest(Octets stream, FactBuffer& facts) {
  const std::string_view text = asText(stream.first(std::min(stream.size(), kLongestHead)));
  const Parse atEnd = stream.size() >= kLongestHead ? Parse::done : Parse::more;
  const Line line = lineAt(text, skipEmptyLines(text));
  const RequestLine request = readRequestLine(line);
  if (!request.good) return {};
  // A target longer than a fact can hold is known before its end is there.
  if (!line.complete && request.target.size() <= facts::kLongestText && atEnd == Parse::more) return {Parse::more, 0};
  facts.add(Fact::httpMethod, request.method);
  facts.add(Fact::httpUrl, request.target);
  if (!line.complete) return {atEnd, 0};
  const HeadEnd end = readFields(text, line.next, [&](std::string_view name, std::string_view value) {
    for (const FieldFact& field : kRequestFields) {
      if (isField(name, field.name)) facts.add(field.fact, value);
    }
  });
  if (!end.complete && atEnd == Parse::more) return {Parse::more, 0};
  facts.add(Fact::httpHost, hostOf(request.method, request.target));
  return {Parse::done, 0};
}

ParseResult parseHttpResponse(Octets stream, FactBuffer& facts) {
  const std::string_view text = asText(stream.first(std::min(stream.size(), kLongestHead)));
  const ParseResult atEnd{stream.size() >= kLongestHead ? Parse::done : Parse::more, 0};
  size_t at = 0;
  for (unsigned interim = 0; interim <= kMostInterim; interim++) {
    const Line line = lineAt(text, at);
    if (!line.complete && line.text.size() <= kVersion + 4) return beginsStatus(line.text) ? atEnd : ParseResult{};
    const unsigned status = readStatus(line.text);
    if (status == 0) return {};
    const bool last = status >= 200 || status == 101;  // behind 101 another protocol follows
    if (last) facts.add(Fact::httpStatus, uint64_t{status});
    const HeadEnd end = readFields(text, line.next, [&](std::string_view name, std::string_view value) {
      if (!last) return;
      if (isField(name, "content-type")) facts.replace(Fact::httpContentType, value);
      if (isField(name, "server")) facts.add(Fact::httpServer, value);
      if (isField(name, "via")) facts.add(Fact::httpVia, value);
    });
    if (!end.complete) return atEnd;
    if (last) return {Parse::done, 0};
    at = end.next;
  }
  return {Parse::done, 0};
}

}  // namespace weir
