// The one exception of the core: a code from src/errors.ts plus what was wrong, where, and what to do.
// Thrown only while things are opened or configured; wire input is never an error, only a counter.
#pragma once

#include <stdexcept>
#include <string>

namespace weir {

class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

}  // namespace weir
