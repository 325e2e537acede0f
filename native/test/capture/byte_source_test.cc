// The octets under the formats: mapped windows, gzip members, pipes; errors of the file system.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "capture/capture_bytes.h"

using namespace weir;
using namespace weir::test;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string openError(const std::string& path) {
  try {
    makeFileSource({.path = path})->open();
  } catch (const Error& error) {
    return error.code() + " " + error.what();
  }
  return "";
}

// Frames of many sizes, numbered by their time; more than two windows of the mapping.
Octets longCapture(size_t frames) {
  Writer w;
  w.pcapHeader();
  w.out.reserve(frames * 800);
  for (size_t i = 0; i < frames; i++) {
    const size_t size = 1 + i * 7919 % 1500;
    w.record(static_cast<uint32_t>(i), 0, frameOf(size, static_cast<uint8_t>(i)), static_cast<uint32_t>(size));
  }
  return w.out;
}

// Frames whose octets are not those they were written with.
size_t wrongFrames(const Reading& reading) {
  size_t wrong = 0;
  for (size_t i = 0; i < reading.frames.size(); i++) {
    const SeenFrame& seen = reading.frames[i];
    const Octets written = frameOf(1 + i * 7919 % 1500, static_cast<uint8_t>(i));
    if (seen.frame.ns != i * 1'000'000'000 || seen.data != written) wrong++;
  }
  return wrong;
}

}  // namespace

TEST_CASE("frames across windows and buffers keep their octets") {
  const Octets plain = longCapture(20'000);
  REQUIRE(plain.size() > (12u << 20));
  for (const bool zipped : {false, true}) {
    CAPTURE(zipped);
    const TemporaryFile file(zipped ? gzip(plain) : plain);
    const auto source = makeFileSource({.path = file.path()});
    source->open();
    CHECK(source->size() != 0);
    CHECK(source->position() < source->size());
    const Reading reading = readAll(*source, 33);
    CHECK(reading.frames.size() == 20'000);
    CHECK(wrongFrames(reading) == 0);
    CHECK(reading.readErrors == 0);
    CHECK(source->position() == source->size());
    CHECK_FALSE(source->live());
  }
}

TEST_CASE("a frame larger than the buffer of a gzip file") {
  Writer w;
  w.pcapHeader(0xa1b2c3d4, 1, 4'000'000).record(1, 0, frameOf(10, 1), 10);
  w.record(2, 0, frameOf(5'000'000, 2), 5'000'000);
  const Reading reading = readFile(gzip(w.record(3, 0, frameOf(10, 3), 10).out));
  REQUIRE(reading.frames.size() == 3);
  CHECK(reading.frames[1].data == frameOf(5'000'000, 2));
  CHECK(reading.frames[2].data == frameOf(10, 3));
}

TEST_CASE("gzip members follow one another, zeros may pad") {
  const Octets plain = longCapture(300);
  Octets file;
  for (size_t at = 0; at < plain.size(); at += 10'000) {
    const auto from = plain.begin() + static_cast<long>(at);
    const Octets member = gzip(Octets(from, from + static_cast<long>(std::min<size_t>(10'000, plain.size() - at))));
    file.insert(file.end(), member.begin(), member.end());
  }
  const Octets empty = gzip({});
  file.insert(file.end(), empty.begin(), empty.end());
  file.insert(file.end(), 700, 0);
  const Reading reading = readFile(file);
  CHECK(reading.frames.size() == 300);
  CHECK(wrongFrames(reading) == 0);
  CHECK(reading.readErrors == 0);
}

TEST_CASE("damaged gzip data give what was readable") {
  const Octets plain = longCapture(2'000), whole = gzip(plain);
  Octets cut(whole.begin(), whole.end() - 1'000), trailing = whole, corrupt = whole;
  trailing.push_back('x');
  corrupt[corrupt.size() - 6] ^= 0xff;  // the CRC
  const struct {
    const Octets& file;
    const char* why;
    bool all;
  } kCases[] = {{cut, "cut short", false}, {trailing, "not gzip", true}, {corrupt, "corrupt", true}};
  for (const auto& one : kCases) {
    const Reading reading = readFile(one.file);
    CHECK(reading.frames.size() > 500);
    CHECK((reading.frames.size() == 2'000) == one.all);
    CHECK(wrongFrames(reading) == 0);
    CHECK(reading.readErrors == 1);
    REQUIRE(reading.notices.size() == 1);
    CHECK(contains(reading.notices[0].text, one.why));
    CHECK(contains(reading.notices[0].text, "(uncompressed)"));
  }
}

TEST_CASE("files that cannot be read") {
  CHECK(openError("/nonexistent/x.pcap") ==
        "WEIR_FILE cannot read capture file '/nonexistent/x.pcap': No such file or directory");
  CHECK(contains(openError("/"), "WEIR_FILE cannot read capture file '/': Is a directory"));
}

TEST_CASE("a named pipe is read as its octets come, one at a time even") {
  const Octets plain = longCapture(3);
  for (const bool zipped : {false, true}) {
    const Octets octets = zipped ? gzip(plain) : plain;
    std::string path;
    {
      const TemporaryFile name({});
      path = name.path();
    }
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    const int both = open(path.c_str(), O_RDWR | O_CLOEXEC);  // so that open() below need not wait for a writer
    REQUIRE(both >= 0);
    REQUIRE(write(both, octets.data(), 1) == 1);
    const auto source = makeFileSource({.path = path});
    source->open();  // one octet is not enough to know what it is: decided later
    std::vector<Frame> frames(8);
    Reading reading;
    for (size_t i = 1; i < octets.size(); i++) {
      CHECK_FALSE(source->ended());
      REQUIRE(write(both, octets.data() + i, 1) == 1);
      const size_t count = source->read(frames, 0);
      for (size_t k = 0; k < count; k++) {
        reading.frames.push_back({frames[k], Octets(frames[k].data, frames[k].data + frames[k].captured)});
      }
    }
    CHECK(source->size() == 0);
    close(both);
    const Reading rest = readAll(*source);
    reading.frames.insert(reading.frames.end(), rest.frames.begin(), rest.frames.end());
    CHECK(reading.frames.size() == 3);
    CHECK(wrongFrames(reading) == 0);
    CHECK(rest.readErrors == 0);
    unlink(path.c_str());
  }
}

TEST_CASE("a silent pipe that turns out to be no capture ends with a notice") {
  std::string path;
  {
    const TemporaryFile name({});
    path = name.path();
  }
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int both = open(path.c_str(), O_RDWR | O_CLOEXEC);
  const auto source = makeFileSource({.path = path});
  source->open();
  CHECK_FALSE(source->ended());
  REQUIRE(write(both, "this is certainly not a capture", 31) == 31);
  close(both);
  const Reading reading = readAll(*source);
  CHECK(reading.frames.empty());
  CHECK(reading.readErrors == 1);
  REQUIRE(reading.notices.size() == 1);
  CHECK(reading.notices[0].level == FrameSource::Notice::error);
  CHECK(reading.notices[0].code == "WEIR_CAPTURE_FORMAT");
  unlink(path.c_str());
}

TEST_CASE("standard input, piped and redirected") {
  const Octets plain = longCapture(20);
  const int before = dup(STDIN_FILENO);
  for (const bool redirected : {true, false}) {
    const TemporaryFile file(plain);
    int ends[2] = {-1, -1};
    if (redirected) {
      ends[0] = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    } else {
      REQUIRE(pipe(ends) == 0);
      REQUIRE(write(ends[1], plain.data(), plain.size()) == static_cast<ssize_t>(plain.size()));
      close(ends[1]);
    }
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    const auto source = makeFileSource({.path = "-"});
    source->open();
    const Reading reading = readAll(*source);
    CHECK(reading.frames.size() == 20);
    CHECK(wrongFrames(reading) == 0);
  }
  if (before >= 0) {
    dup2(before, STDIN_FILENO);
    close(before);
  }
}

TEST_CASE("a file that shrinks while it is read ends as damaged") {
  const TemporaryFile file(longCapture(20'000));
  const auto source = makeFileSource({.path = file.path()});
  source->open();
  std::vector<Frame> frames(64);
  REQUIRE(source->read(frames, 0) == 64);
  REQUIRE(truncate(file.path().c_str(), 6u << 20) == 0);
  const Reading reading = readAll(*source);
  CHECK(reading.frames.size() > 4'000);
  CHECK(reading.frames.size() < 20'000 - 64);
  CHECK(reading.readErrors == 1);
  REQUIRE(reading.notices.size() == 1);
  CHECK(contains(reading.notices[0].text, "shrank to 6291456"));
}

TEST_CASE("a file that shrinks under the window that is being read ends as damaged, wherever that is noticed") {
  for (const off_t left : {off_t{0}, off_t{65'536}, off_t{1'000'001}}) {
    CAPTURE(left);
    const TemporaryFile file(longCapture(20'000));
    const auto source = makeFileSource({.path = file.path()});
    source->open();
    std::vector<Frame> frames(64);
    REQUIRE(source->read(frames, 0) == 64);
    REQUIRE(truncate(file.path().c_str(), left) == 0);
    uint64_t sum = 0;  // decode still looks at what was given
    for (const Frame& frame : frames) {
      for (uint32_t i = 0; i < frame.captured; i++) sum += frame.data[i];
    }
    CHECK(sum != 1);
    const Reading reading = readAll(*source);
    CHECK(reading.frames.size() < 20'000 - 64);
    CHECK(source->ended());
    CHECK(reading.readErrors == 1);
    REQUIRE(reading.notices.size() == 1);
    CHECK(contains(reading.notices[0].text, "shrank to " + std::to_string(left)));
  }
}

TEST_CASE("a SIGBUS that is nobody's kills as ever") {
  const TemporaryFile file(longCapture(10));
  makeFileSource({.path = file.path()})->open();  // the handler is there
  constexpr int kSurvived = 7;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    close(STDERR_FILENO);  // a sanitizer's words
    const int fd = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
    auto* const mapped = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0));
    if (truncate(file.path().c_str(), 0) == 0 && mapped[0] != 1) _exit(kSurvived);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  // By the signal, or by what a sanitizer makes of it.
  CHECK(status != 0);
  CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == kSurvived));
}

TEST_CASE("a file that grows while it is read is read to its new end") {
  const Octets plain = longCapture(100);
  const TemporaryFile file(Octets(plain.begin(), plain.begin() + 24));
  const auto source = makeFileSource({.path = file.path()});
  source->open();
  const int fd = open(file.path().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  REQUIRE(write(fd, plain.data() + 24, plain.size() - 24) == static_cast<ssize_t>(plain.size() - 24));
  close(fd);
  const Reading reading = readAll(*source);
  CHECK(reading.frames.size() == 100);
  CHECK(wrongFrames(reading) == 0);
  CHECK(reading.readErrors == 0);
}
