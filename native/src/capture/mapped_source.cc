#include "capture/mapped_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

namespace weir {

namespace {

// Large enough that mapping costs nothing per frame, small enough to stay out of the resident size.
constexpr uint64_t kWindow = 4u << 20;

uint64_t pageSize() {
  static const auto size = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

MappedSource::MappedSource(OwnedFd fd, uint64_t start) : fd_(std::move(fd)), mappedFrom_(start) {
  posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  struct stat status;
  if (fstat(fd_.get(), &status) == 0) size_.set(static_cast<uint64_t>(status.st_size));
}

MappedSource::~MappedSource() { unmap(); }

uint64_t MappedSource::offset() const {
  return mapping_ == nullptr ? mappedFrom_ : mappedFrom_ + static_cast<uint64_t>(window_.at - mapping_);
}

Fill MappedSource::fill(size_t need, int) {
  if (window_.has(need)) return Fill::ready;
  struct stat status;
  const uint64_t at = offset();
  // Asked for every window, so that the guard has to help only with a file that shrinks within one.
  const uint64_t size = fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
  const uint64_t known = size_.get();
  size_.set(size);
  position_.set(std::min(at, size));
  if (size < known) tellShrunk(size);
  if (at >= size) {
    unmap();
    mappedFrom_ = at;
    return Fill::end;
  }
  const uint64_t from = at & ~(pageSize() - 1);
  const uint64_t length = std::min(std::max(kWindow, at - from + need), size - from);
  if (!map(from, length)) return Fill::end;
  window_ = Cursor(mapping_ + (at - from), length - (at - from));
  return window_.has(need) ? Fill::ready : Fill::end;
}

bool MappedSource::lost() {
  if (!guard_.struck()) return false;
  struct stat status;
  const uint64_t size = fstat(fd_.get(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
  if (size < mappedFrom_ + mappedLength_) tellShrunk(size);
  else failure_ = "cannot read on: a part of the file cannot be had (input/output error)";
  return true;
}

void MappedSource::tellShrunk(uint64_t size) {
  failure_ = "the file shrank to " + std::to_string(size) + " octets while it was read";
}

bool MappedSource::map(uint64_t from, size_t length) {
  const uint64_t at = offset();
  unmap();
  mappedFrom_ = at;
  // No MAP_POPULATE: the kernel's fault-around maps cached pages at half the cost of walking them one by one.
  void* memory = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd_.get(), static_cast<off_t>(from));
  if (memory == MAP_FAILED) {
    failure_ = "cannot map the file: " + std::generic_category().message(errno);
    return false;
  }
  mapping_ = static_cast<const uint8_t*>(memory);
  mappedLength_ = length;
  mappedFrom_ = from;
  guard_.watch(mapping_, mappedLength_);
  // The disk works on the next window while this one is parsed.
  posix_fadvise(fd_.get(), static_cast<off_t>(from + length), static_cast<off_t>(kWindow), POSIX_FADV_WILLNEED);
  return true;
}

void MappedSource::unmap() {
  guard_.watch(nullptr, 0);
  if (mapping_ != nullptr) munmap(const_cast<uint8_t*>(mapping_), mappedLength_);
  mapping_ = nullptr;
  mappedLength_ = 0;
  window_ = Cursor();
}

}  // namespace weir
