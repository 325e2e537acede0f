// A text in the making that never grows beyond what a fact may have. What does not fit is left out and told by full().
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "fields/flow_facts.h"

namespace weir {

class BoundedText {
 public:
  void put(char character) { put(std::string_view(&character, 1)); }
  void put(std::string_view text) {
    if (text.size() > characters_.size() - size_) {
      full_ = true;
      return;
    }
    std::memcpy(characters_.data() + size_, text.data(), text.size());
    size_ += text.size();
  }
  void decimal(uint64_t number) {
    char digits[20];
    put({digits, static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits)});
  }
  bool full() const { return full_; }
  size_t size() const { return size_; }
  // Back to an earlier size: an item of a list that did not fit is taken out whole.
  void cut(size_t size) { size_ = size; }
  std::string_view view() const { return {characters_.data(), size_}; }

 private:
  std::array<char, facts::kLongestText> characters_;
  size_t size_ = 0;
  bool full_ = false;
};

}  // namespace weir
