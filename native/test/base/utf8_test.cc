#include "base/utf8.h"

#include <doctest/doctest.h>

#include <string>

using namespace weir;

namespace {

const uint8_t* octets(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

std::string sanitized(std::string text, size_t capacity = 100) {
  const size_t size = text.size();
  text.resize(std::max(capacity, size));
  text.resize(utf8::sanitize(reinterpret_cast<uint8_t*>(text.data()), size, capacity));
  return text;
}

}  // namespace

TEST_CASE("utf8: well-formed sequences and the limits of RFC 3629") {
  for (const char* text : {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    const std::string whole(text);
    CHECK(utf8::sequenceLength(octets(whole), whole.size()) == whole.size());
    if (whole.size() > 1) CHECK(utf8::sequenceLength(octets(whole), whole.size() - 1) == 0);
  }
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3("}) {
    const std::string bad(text);
    CHECK(utf8::sequenceLength(octets(bad), bad.size()) == 0);
  }
}

TEST_CASE("utf8: ill-formed octets become U+FFFD, one for each broken sequence") {
  CHECK(sanitized("plain ASCII, longer than eight") == "plain ASCII, longer than eight");
  CHECK(sanitized("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
  CHECK(sanitized("\xff") == "\xef\xbf\xbd");
  CHECK(sanitized("a\xe2\x82z") == "a\xef\xbf\xbdz");
  CHECK(sanitized("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(sanitized("12345678\xf0\x9f\x98") == "12345678\xef\xbf\xbd");
  CHECK(sanitized("\xff\xff\xff", 7) == "\xef\xbf\xbd\xef\xbf\xbd");  // no room for the third
  CHECK(sanitized("") == "");
}

TEST_CASE("utf8: boundary never cuts a code point") {
  const std::string text = "a\xe2\x82\xac\xf0\x9f\x98\x80z";
  const size_t wanted[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9, 9};
  for (size_t limit = 0; limit < std::size(wanted); limit++) {
    CHECK(utf8::boundary(octets(text), text.size(), limit) == wanted[limit]);
  }
}
