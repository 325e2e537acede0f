// A process of the test's own that lives in a network namespace of its own and runs what it is told there.
#pragma once

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>

namespace weir {

class NamespaceProcess {
 public:
  // inside: runs in the child before it says that it is ready; false = failed.
  explicit NamespaceProcess(const std::function<bool()>& inside = [] { return true; }) {
    int ready[2], stop[2];
    if (::pipe(ready) != 0 || ::pipe(stop) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(stop[1]);
      const char answer = ::unshare(CLONE_NEWNET) == 0 && inside() ? 1 : 0;
      char end;
      if (::write(ready[1], &answer, 1) != 1 || ::read(stop[0], &end, 1) < 0) ::_exit(1);
      ::_exit(0);  // the other end of `stop` was closed
    }
    char answer = 0;
    ready_ = ::read(ready[0], &answer, 1) == 1 && answer == 1;
    for (const int fd : {ready[0], ready[1], stop[0]}) ::close(fd);
    stop_ = stop[1];
  }
  ~NamespaceProcess() {
    ::close(stop_);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  NamespaceProcess(const NamespaceProcess&) = delete;
  NamespaceProcess& operator=(const NamespaceProcess&) = delete;

  bool ready() const { return ready_; }
  pid_t pid() const { return pid_; }
  std::string path() const { return "/proc/" + std::to_string(pid_) + "/ns/net"; }
  uint32_t inode() const {
    struct stat status {};
    return ::stat(path().c_str(), &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
  }

 private:
  pid_t pid_ = -1;
  int stop_ = -1;
  bool ready_ = false;
};

}  // namespace weir
