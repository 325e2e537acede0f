// The octets of a capture file, in order, a window at a time: mapped (plain files) or buffered (gzip, pipes).
#pragma once

#include <memory>
#include <string>

#include "base/counter.h"
#include "base/cursor.h"

namespace weir {

enum class Fill : uint8_t {
  ready,  // the window holds what was asked for
  again,  // a pipe had nothing within the wait
  end,    // the input ends before that; the window holds the rest
};

// Read by one thread; position() and size() by any.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Octets that are there and not consumed yet; whoever parses advances window().at.
  Cursor& window() { return window_; }
  // Makes window() hold at least need octets, waiting at most waitMs on a pipe. Gives back what window() showed before.
  virtual Fill fill(size_t need, int waitMs) = 0;
  // Offset of window().at in the (uncompressed) input.
  virtual uint64_t offset() const = 0;
  virtual bool compressed() const { return false; }
  // What the window showed since the last fill() is not the input any more (a mapped file that shrank).
  virtual bool lost() { return false; }
  // Why the input ended early (read error, broken gzip); empty when it just ended.
  const std::string& failure() const { return failure_; }
  // Octets of the file read so far and its size (0 = unknown), compressed ones for gzip.
  uint64_t position() const { return position_.get(); }
  uint64_t size() const { return size_.get(); }

 protected:
  Cursor window_;
  std::string failure_;
  Counter position_, size_;
};

// path `-` is standard input. Regular plain files are mapped, all else is buffered and may be gzip (RFC 1952).
// Throws Error WEIR_FILE with the path and errno's text.
std::unique_ptr<ByteSource> openByteSource(const std::string& path);

}  // namespace weir
