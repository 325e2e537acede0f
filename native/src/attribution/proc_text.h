// Pieces of the text files of /proc.
#pragma once

#include <algorithm>
#include <charconv>
#include <string_view>

namespace weir {

// Removes and returns the text up to the mark, which is removed as well.
inline std::string_view cut(std::string_view& text, char mark) {
  const size_t at = std::min(text.find(mark), text.size());
  const std::string_view piece = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return piece;
}

// A decimal number at the start of text, past blanks; 0 when there is none.
template <typename Number>
Number numberAt(std::string_view text) {
  Number value = 0;
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// A path without what the kernel says of files and cgroups that were removed.
inline std::string_view withoutDeleted(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.size() > kDeleted.size() && path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

}  // namespace weir
