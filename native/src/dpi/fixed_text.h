// Text of bounded length on the stack, for what is joined from many small pieces: lists, names, fingerprints.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

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
  bool add(char character) {
    if (cut_ || used_ == kSize) {
      cut_ = true;
      return false;
    }
    text_[used_++] = character;
    return true;
  }
  bool decimal(unsigned number) {
    const auto [end, error] = std::to_chars(text_.data() + used_, text_.data() + kSize, number);
    cut_ = cut_ || error != std::errc();
    if (!cut_) used_ = static_cast<size_t>(end - text_.data());
    return !cut_;
  }
  // Four digits.
  bool hex16(unsigned number) {
    static constexpr char kDigits[] = "0123456789abcdef";
    cut_ = cut_ || kSize - used_ < 4;
    if (cut_) return false;
    for (int shift = 12; shift >= 0; shift -= 4) text_[used_++] = kDigits[number >> shift & 15];
    return true;
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
