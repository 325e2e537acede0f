#include "capture/stream_source.h"

#include <errno.h>
#include <poll.h>

#include <algorithm>
#include <cstring>
#include <system_error>

#include "base/error.h"

namespace weir {

namespace {

constexpr size_t kBuffer = 256u << 10;  // stays in the second-level cache
constexpr size_t kRaw = 64u << 10;
constexpr int kGzipOnly = 16 + MAX_WBITS;

}  // namespace

StreamSource::StreamSource(OwnedFd fd, uint64_t size)
    : fd_(std::move(fd)), capacity_(kBuffer), buffer_(new uint8_t[kBuffer]), raw_(new uint8_t[kRaw]) {
  window_ = Cursor(buffer_.get(), 0);
  size_.set(size);
  zlib_.next_in = raw_.get();
  zlib_.avail_out = 1;
}

StreamSource::~StreamSource() {
  if (inflating_) inflateEnd(&zlib_);
}

Fill StreamSource::fill(size_t need, int waitMs) {
  while (!window_.has(need)) {
    makeRoom(need);
    const Step step = produce(waitMs);
    position_.set(taken_ - zlib_.avail_in);
    if (step == Step::again) return Fill::again;
    if (step == Step::end) return window_.has(need) ? Fill::ready : Fill::end;
  }
  return Fill::ready;
}

// Moves what is left to the front; grows only once the buffer is full of data, so a lying length costs no memory.
void StreamSource::makeRoom(size_t need) {
  const size_t left = window_.left();
  if (window_.at != buffer_.get()) {
    bufferOffset_ += static_cast<uint64_t>(window_.at - buffer_.get());
    std::memmove(buffer_.get(), window_.at, left);
    window_ = Cursor(buffer_.get(), left);
  }
  if (left < capacity_ || need <= capacity_) return;
  const size_t capacity = capacity_ * 2;
  std::unique_ptr<uint8_t[]> larger(new uint8_t[capacity]);
  std::memcpy(larger.get(), window_.at, left);
  buffer_ = std::move(larger);
  capacity_ = capacity;
  window_ = Cursor(buffer_.get(), left);
}

StreamSource::Step StreamSource::produce(int waitMs) {
  if (!failure_.empty()) return Step::end;
  if (kind_ == Kind::unknown) return recognise(waitMs);
  if (kind_ == Kind::gzip) return inflateSome(waitMs);
  size_t count = 0;
  const Step step = readInto(tail(), room(), count, waitMs);
  window_.end += count;
  return step;
}

StreamSource::Step StreamSource::readInto(uint8_t* to, size_t room, size_t& count, int waitMs) {
  pollfd ready{fd_.get(), POLLIN, 0};
  const int polled = poll(&ready, 1, waitMs);
  if (polled == 0 || (polled < 0 && errno == EINTR)) return Step::again;
  const ssize_t got = read(fd_.get(), to, room);
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) return Step::again;
    failure_ = "cannot read on: " + std::generic_category().message(errno);
    return Step::end;
  }
  count = static_cast<size_t>(got);
  taken_ += count;
  return got == 0 ? Step::end : Step::more;
}

// Decides by the first two octets, which may come one at a time.
StreamSource::Step StreamSource::recognise(int waitMs) {
  size_t count = 0;
  const Step step = readInto(raw_.get() + zlib_.avail_in, kRaw - zlib_.avail_in, count, waitMs);
  zlib_.avail_in += static_cast<uInt>(count);
  if (step == Step::again || (step == Step::more && zlib_.avail_in < 2)) return step;
  if (zlib_.avail_in >= 2 && raw_[0] == 0x1f && raw_[1] == 0x8b) {
    if (inflateInit2(&zlib_, kGzipOnly) != Z_OK) throw std::bad_alloc();
    inflating_ = true;
    kind_ = Kind::gzip;
    return Step::more;
  }
  std::memcpy(tail(), raw_.get(), zlib_.avail_in);
  window_.end += zlib_.avail_in;
  zlib_.avail_in = 0;
  raw_.reset();
  kind_ = Kind::plain;
  return step;
}

StreamSource::Step StreamSource::inflateSome(int waitMs) {
  // avail_out 0: zlib may hold more output of what it was given.
  if (zlib_.avail_in == 0 && zlib_.avail_out != 0) {
    size_t count = 0;
    const Step step = readInto(raw_.get(), kRaw, count, waitMs);
    if (step == Step::end && !memberEnded_ && failure_.empty()) failure_ = "the gzip data is cut short";
    if (step != Step::more) return step;
    zlib_.next_in = raw_.get();
    zlib_.avail_in = static_cast<uInt>(count);
  }
  if (memberEnded_) return nextMember();
  zlib_.next_out = tail();
  zlib_.avail_out = static_cast<uInt>(std::min<size_t>(room(), UINT32_MAX));
  const int result = inflate(&zlib_, Z_NO_FLUSH);
  window_.end = zlib_.next_out;
  if (result == Z_STREAM_END) {
    memberEnded_ = true;
    zlib_.avail_out = 1;
    return Step::more;
  }
  // Z_BUF_ERROR only says that more input is needed.
  if (result == Z_OK || result == Z_BUF_ERROR) return Step::more;
  failure_ = std::string("the gzip data is corrupt: ") + (zlib_.msg != nullptr ? zlib_.msg : zError(result));
  return Step::end;
}

// RFC 1952 section 2.2: members follow one another; zero octets after the last one are padding (tapes, tar).
StreamSource::Step StreamSource::nextMember() {
  while (zlib_.avail_in != 0 && *zlib_.next_in == 0) {
    zlib_.next_in++;
    zlib_.avail_in--;
  }
  if (zlib_.avail_in == 0) return Step::more;
  if (*zlib_.next_in != 0x1f) {
    failure_ = "the gzip data is followed by octets that are not gzip";
    return Step::end;
  }
  inflateReset(&zlib_);
  memberEnded_ = false;
  return Step::more;
}

}  // namespace weir
