// What libbpf says while something is loaded: kept for the reasons, never printed.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Collects libbpf's warnings of this thread during its lifetime. One at a time in a thread.
class BpfLog {
 public:
  BpfLog();
  ~BpfLog();
  BpfLog(const BpfLog&) = delete;
  BpfLog& operator=(const BpfLog&) = delete;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The program that a failed load named; empty = the load failed for another reason.
std::string_view refusedProgram(std::string_view log);
// Why, in one line: the verifier's last words, else libbpf's first.
std::string refusalReason(std::string_view log);

}  // namespace weir
