// A plain regular file seen through a sliding read-only mapping: no copies, bounded memory, growth is followed.
#pragma once

#include <unistd.h>

#include <utility>

#include "capture/byte_source.h"
#include "capture/shrink_guard.h"

namespace weir {

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&&) = delete;
  ~OwnedFd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class MappedSource final : public ByteSource {
 public:
  MappedSource(OwnedFd fd, uint64_t start);
  ~MappedSource() override;
  Fill fill(size_t need, int waitMs) override;
  uint64_t offset() const override;
  bool lost() override;

 private:
  bool map(uint64_t from, size_t length);
  void unmap();
  void tellShrunk(uint64_t size);

  OwnedFd fd_;
  ShrinkGuard guard_;
  const uint8_t* mapping_ = nullptr;
  size_t mappedLength_ = 0;
  uint64_t mappedFrom_;  // file offset of mapping_, or of the next octet while nothing is mapped
};

}  // namespace weir
