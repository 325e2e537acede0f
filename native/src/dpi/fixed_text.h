// Text of bounded length on the stack, for what is joined from many small pieces: lists, names, fingerprints.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

template <size_t kSize>
class FixedText {
 public:
  // All of a piece or nothing; false from the first piece on that did not fit.
  bool add(std::string_view piece) {
    if (cut_ || piece.size() > kSize - used_) {
      cut_ = true;
      return false;
    }
    std::memcpy(text_.data() + used_, piece.data(), piece.size());
    used_ += piece.size();
    return true;
  }
  bool add(char character) { return add(std::string_view(&character, 1)); }
  bool decimal(unsigned number) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return add(std::string_view(digits, static_cast<size_t>(end - digits)));
  }
  bool hex16(unsigned number) {
    static constexpr char kDigits[] = "0123456789abcdef";
    const char digits[4] = {kDigits[number >> 12 & 15], kDigits[number >> 8 & 15], kDigits[number >> 4 & 15],
                            kDigits[number & 15]};
    return add(std::string_view(digits, sizeof digits));
  }
  // A piece of a list: both the separator and the piece, or neither.
  bool item(std::string_view separator, std::string_view piece) {
    const size_t before = used_;
    if (used_ > 0) add(separator);
    if (add(piece)) return true;
    used_ = before;
    return false;
  }

  void clear() { used_ = 0, cut_ = false; }
  std::string_view view() const { return {text_.data(), used_}; }
  bool empty() const { return used_ == 0; }
  bool isCut() const { return cut_; }

 private:
  size_t used_ = 0;
  bool cut_ = false;
  std::array<char, kSize> text_;
};

}  // namespace weir
