// How derived fields write their texts.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::derive {

inline size_t copy(std::string_view text, char* out, size_t capacity) {
  const size_t size = std::min(text.size(), capacity);
  if (size != 0) std::memcpy(out, text.data(), size);
  return size;
}

inline size_t copyNumber(uint64_t value, char* out, size_t capacity) {
  const auto result = std::to_chars(out, out + capacity, value);
  return result.ec == std::errc{} ? static_cast<size_t>(result.ptr - out) : 0;
}

// An address as JSON text; family AF_INET or AF_INET6.
inline size_t quotedAddress(int family, const uint8_t* address, char* out, size_t capacity) {
  char text[INET6_ADDRSTRLEN + 2] = "\"";
  if (inet_ntop(family, address, text + 1, INET6_ADDRSTRLEN) == nullptr) return 0;
  const size_t size = std::strlen(text);
  text[size] = '"';
  return size + 1 > capacity ? 0 : copy({text, size + 1}, out, capacity);
}

// Texts one behind the other, as far as there is room.
class Appender {
 public:
  Appender(char* out, size_t capacity) : out_(out), capacity_(capacity) {}
  void add(std::string_view text) { size_ += copy(text, out_ + size_, capacity_ - size_); }
  void add(uint64_t number) { size_ += copyNumber(number, out_ + size_, capacity_ - size_); }
  size_t size() const { return size_; }

 private:
  char* const out_;
  const size_t capacity_;
  size_t size_ = 0;
};

}  // namespace weir::derive
