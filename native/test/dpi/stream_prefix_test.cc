#include "dpi/stream_prefix.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "dpi/payload.h"

using namespace weir;
using namespace weir::test;

namespace {

constexpr size_t kRoom = 4096;

std::string text(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

// A prefix whose reader always wants more.
struct Reader {
  StreamPrefix prefix;
  std::string seen;
  std::string add(uint32_t sequence, const std::string& segment, size_t room = kRoom) {
    const Octets stream = prefix.add(sequence, octetsOf(segment), room);
    if (stream.empty()) return "";
    prefix.keep(stream, room);
    return seen = text(stream);
  }
};

}  // namespace

TEST_CASE("stream prefix: one segment is not copied") {
  StreamPrefix prefix;
  const std::string segment = "hello";
  CHECK(prefix.add(100, octetsOf(segment), kRoom).data() == octetsOf(segment).data());
  CHECK(prefix.kept() == 0);
}

TEST_CASE("stream prefix: every order of three segments, beginning known or not") {
  struct Segment {
    uint32_t offset;
    std::string octets;
  };
  const std::string whole = "abcdefghijkl";
  for (const uint32_t first : {0u, 1000u, 0xfffffffau}) {
    for (const int start : {0, 1, 2}) {
      std::array<Segment, 3> segments{{{0, "abcd"}, {4, "efgh"}, {8, "ijkl"}}};
      do {
        CAPTURE(first);
        CAPTURE(start);
        CAPTURE(segments[0].offset);
        CAPTURE(segments[1].offset);
        Reader reader;
        if (start == 1) reader.prefix.expect(first, true);
        if (start == 2) reader.prefix.expect(first, false);
        for (const Segment& segment : segments) reader.add(first + segment.offset, segment.octets);
        CHECK(reader.seen == whole);
        CHECK(reader.prefix.kept() == whole.size());
      } while (std::next_permutation(segments.begin(), segments.end(),
                                     [](const Segment& a, const Segment& b) { return a.offset < b.offset; }));
    }
  }
}

TEST_CASE("stream prefix: retransmissions and overlaps, the first copy counts") {
  Reader reader;
  reader.prefix.expect(1, true);
  CHECK(reader.add(1, "abcd") == "abcd");
  CHECK(reader.add(1, "ABCD").empty());
  CHECK(reader.add(3, "XXef") == "abcdef");
  CHECK(reader.add(9, "ij").empty());
  CHECK(reader.add(9, "ij").empty());  // held once
  CHECK(reader.prefix.kept() == 8);
  CHECK(reader.add(8, "hijk").empty());
  CHECK(reader.add(0, "?abcdefg") == "abcdefghijk");  // begins before the beginning
}

TEST_CASE("stream prefix: the beginning moves back only at first") {
  Reader reader;
  CHECK(reader.add(10, "kl") == "kl");
  CHECK(reader.prefix.mayMoveBack());
  CHECK(reader.add(8, "ij") == "ijkl");
  CHECK(reader.add(12, "mn") == "ijklmn");
  CHECK(reader.add(14, "op") == "ijklmnop");
  CHECK(!reader.prefix.mayMoveBack());
  CHECK(reader.add(6, "gh").empty());
  Reader certain;
  certain.prefix.expect(10, true);
  CHECK(certain.add(10, "kl") == "kl");
  CHECK(certain.add(8, "ij").empty());
  Reader probe;  // a keep-alive repeats an octet before the next
  CHECK(probe.add(10, "kl") == "kl");
  CHECK(probe.add(9, std::string(1, '\0')).empty());
}

TEST_CASE("stream prefix: an acknowledged beginning holds back what comes too early") {
  Reader reader;
  reader.prefix.expect(5, false);
  CHECK(reader.add(8, "hi").empty());
  CHECK(reader.add(5, "efg") == "efghi");
  Reader wrong;  // ... until it does not come
  wrong.prefix.expect(5, false);
  CHECK(wrong.add(8, "hi").empty());
  CHECK(wrong.add(10, "jk").empty());
  CHECK(wrong.add(12, "lm").empty());
  CHECK(wrong.add(14, "no") == "hijklmno");
}

TEST_CASE("stream prefix: a SYN seen late corrects the beginning") {
  Reader reader;
  CHECK(reader.add(8, "hi") == "hi");
  reader.prefix.expect(5, true);
  CHECK(reader.add(5, "efg") == "efghi");
}

TEST_CASE("stream prefix: bounded") {
  Reader reader;
  reader.prefix.expect(0, true);
  for (uint32_t i = 1; i <= StreamPrefix::kMostHeld; i++) CHECK(reader.add(i * 10, "xx").empty());
  CHECK(!reader.prefix.stuck());
  CHECK(reader.add(500, "xx").empty());
  CHECK(reader.prefix.stuck());
  CHECK(reader.prefix.kept() == 2 * StreamPrefix::kMostHeld);
  CHECK(reader.add(0, "late").empty());
  reader.prefix.clear();
  CHECK(reader.prefix.kept() == 0);
  Reader narrow;
  CHECK(narrow.add(0, "abcd", 3) == "abcd");
  CHECK(narrow.prefix.kept() == 3);
  CHECK(narrow.add(4, "efgh", 0).empty());  // a gap by now
}
