// Pipes, standard input and gzip files through one buffer that is refilled; frames stay valid until the next fill.
#pragma once

#include <zlib.h>

#include <memory>

#include "capture/byte_source.h"
#include "capture/mapped_source.h"

namespace weir {

class StreamSource final : public ByteSource {
 public:
  // size: octets of the file, 0 = unknown (pipe). gzip is recognised by its first two octets.
  StreamSource(OwnedFd fd, uint64_t size);
  ~StreamSource() override;
  Fill fill(size_t need, int waitMs) override;
  uint64_t offset() const override { return bufferOffset_ + static_cast<uint64_t>(window_.at - buffer_.get()); }
  bool compressed() const override { return kind_ == Kind::gzip; }

 private:
  enum class Kind : uint8_t { unknown, plain, gzip };
  enum class Step : uint8_t { more, again, end };

  Step produce(int waitMs);
  Step readInto(uint8_t* to, size_t room, size_t& count, int waitMs);
  Step recognise(int waitMs);
  Step inflateSome(int waitMs);
  Step nextMember();
  void makeRoom(size_t need);
  uint8_t* tail() { return buffer_.get() + (window_.end - buffer_.get()); }
  size_t room() const { return capacity_ - static_cast<size_t>(window_.end - buffer_.get()); }

  OwnedFd fd_;
  Kind kind_ = Kind::unknown;
  bool memberEnded_ = false;  // between two gzip members
  bool inflating_ = false;
  size_t capacity_;
  std::unique_ptr<uint8_t[]> buffer_;
  uint64_t bufferOffset_ = 0;  // offset of buffer_[0] in the uncompressed input
  uint64_t taken_ = 0;         // octets read from fd_
  std::unique_ptr<uint8_t[]> raw_;  // compressed octets, and the first ones until kind_ is known
  z_stream zlib_{};
};

}  // namespace weir
