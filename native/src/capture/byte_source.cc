#include "capture/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

#include "base/error.h"
#include "capture/mapped_source.h"
#include "capture/stream_source.h"

namespace weir {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw Error("WEIR_FILE", what + ": " + std::generic_category().message(error));
}

bool isGzip(int fd, off_t at) {
  uint8_t magic[2];
  return pread(fd, magic, sizeof magic, at) == sizeof magic && magic[0] == 0x1f && magic[1] == 0x8b;
}

}  // namespace

std::unique_ptr<ByteSource> openByteSource(const std::string& path) {
  const bool input = path == "-";
  const std::string what = input ? "cannot read standard input" : "cannot read capture file '" + path + "'";
  // O_NONBLOCK: a named pipe without a writer must not hold the thread up; poll(2) waits for it instead.
  OwnedFd fd(input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) fail(what, errno);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) fail(what, errno);
  if (S_ISDIR(status.st_mode)) fail(what, EISDIR);
  if (isatty(fd.get())) throw Error("WEIR_FILE", what + ": it is a terminal; pipe a capture into it or name a file");
  if (!S_ISREG(status.st_mode)) return std::make_unique<StreamSource>(std::move(fd), 0);
  const off_t at = input ? lseek(fd.get(), 0, SEEK_CUR) : 0;
  if (at < 0) fail(what, errno);
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size == 0 || isGzip(fd.get(), at)) return std::make_unique<StreamSource>(std::move(fd), size);
  return std::make_unique<MappedSource>(std::move(fd), static_cast<uint64_t>(at));
}

}  // namespace weir
