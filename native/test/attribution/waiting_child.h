// A child process that has prepared itself and then waits until it is let go.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <functional>

namespace weir {

class WaitingChild {
 public:
  explicit WaitingChild(const std::function<bool()>& prepare) {
    int ready[2], go[2];
    if (::pipe(ready) != 0 || ::pipe(go) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::close(ready[0]);
      ::close(go[1]);
      char letter = prepare() ? 'y' : 'n';
      if (::write(ready[1], &letter, 1) == 1) (void)!::read(go[0], &letter, 1);
      ::_exit(0);
    }
    ::close(ready[1]);
    ::close(go[0]);
    char letter = 'n';
    ready_ = ::read(ready[0], &letter, 1) == 1 && letter == 'y';
    ::close(ready[0]);
    go_ = go[1];
  }
  ~WaitingChild() { end(); }
  WaitingChild(const WaitingChild&) = delete;
  WaitingChild& operator=(const WaitingChild&) = delete;

  // It ends, and stays a zombie until end().
  void letGo() {
    if (go_ >= 0) ::close(go_);
    go_ = -1;
  }
  void end() {
    letGo();
    if (child_ > 0) ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  // prepare() was true.
  bool ready() const { return ready_; }
  uint32_t id() const { return static_cast<uint32_t>(child_); }

 private:
  pid_t child_ = -1;
  int go_ = -1;
  bool ready_ = false;
};

}  // namespace weir
