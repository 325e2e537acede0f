// UTF-8 (RFC 3629) of strings that go out: RFC 7011 section 6.1.6 forbids ill-formed ones, JSON as well.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::utf8 {

// U+FFFD, what stands for ill-formed octets.
inline constexpr char kReplacement[] = "\xEF\xBF\xBD";
inline constexpr size_t kReplacementSize = 3;

// Octets of the code point at `at`, 1 to 4; 0 when what stands there is ill-formed or cut off.
size_t sequenceLength(const uint8_t* at, size_t left);
// Octets that one U+FFFD replaces where sequenceLength() is 0: the start of a sequence that breaks off, at least 1.
size_t brokenLength(const uint8_t* at, size_t left);
// Octets of the well-formed beginning of a text.
size_t wellFormedPrefix(const uint8_t* text, size_t size);
// The longest length up to limit (<= size) that does not cut a code point of a well-formed text.
size_t boundary(const uint8_t* text, size_t size, size_t limit);
// Replaces what is ill-formed by U+FFFD, in place; what no longer fits capacity is cut off. Returns the new size.
size_t sanitize(uint8_t* text, size_t size, size_t capacity);

}  // namespace weir::utf8
