#include "encode/row_texts.h"

#include <cstring>

#include "base/utf8.h"
#include "encode/wire_value.h"

namespace weir {
namespace {

constexpr size_t kLongPrefix = 3;  // RFC 7011 section 7: 255 and two octets of length

size_t prefixSize(size_t text) { return text < 255 ? 1 : kLongPrefix; }

}  // namespace

void RowTexts::resize(size_t texts, uint32_t messageSize) {
  textRoom_ = size_t{messageSize} + 4;  // a text longer than the message tells by itself that it was too long
  room_ = texts * (textRoom_ + kLongPrefix) + messageSize;
  pieces_.resize(texts);
}

uint8_t* RowTexts::render(const WireTemplate& wire, const FieldContext& context, Row& row, uint8_t* to,
                          uint32_t longest, bool& lossy) {
  uint8_t* at = to;
  uint32_t total = wire.fixedLength;
  for (size_t i = 0; i < wire.texts.size(); i++) {
    const TextColumn& column = wire.texts[i];
    const Element& element = *column.element;
    const bool isFixed = column.length != kVariableLength;
    uint8_t* const text = isFixed ? at : at + kLongPrefix;
    const TextFunction call = element.kind == ValueKind::text ? element.text : element.octets;
    auto* const chars = reinterpret_cast<char*>(text);
    // Octets in a field of fixed length are asked for at that length: applicationId has two forms.
    const bool isExact = isFixed && !column.isString && element.kind == ValueKind::list;
    const size_t most = isExact ? column.length : textRoom_;
    size_t size = call(recordAt(row.record), row.side ^ element.flip, context, chars, most);
    if (column.isString) size = utf8::sanitize(text, size, textRoom_);
    if (isFixed) {
      if (size > column.length) {
        lossy = true;
        size = column.isString ? utf8::boundary(text, size, column.length) : 0;
      }
      std::memset(text + size, 0, column.length - size);
      size = column.length;
    } else {
      total += static_cast<uint32_t>(prefixSize(size) + size);
    }
    pieces_[i] = {text, size};
    at = text + size;
  }
  if (total > longest) {
    total = shorten(wire, longest);
    lossy = true;
  }
  row.length = total;
  row.text = to;
  return pack(wire, to);
}

// Cuts variable texts to one common length, the longest that lets the record fit; returns the new record length.
uint32_t RowTexts::shorten(const WireTemplate& wire, uint32_t longest) {
  const auto cut = [&](size_t i, size_t most) {
    const Piece& piece = pieces_[i];
    if (piece.size <= most) return piece.size;
    return wire.texts[i].isString ? utf8::boundary(piece.at, piece.size, most) : 0;
  };
  const auto lengthWith = [&](size_t most) {
    size_t length = wire.fixedLength;
    for (size_t i = 0; i < wire.texts.size(); i++) {
      if (wire.texts[i].length != kVariableLength) continue;
      length += prefixSize(cut(i, most)) + cut(i, most);
    }
    return length;
  };
  size_t low = 0, high = textRoom_;
  while (low < high) {
    const size_t middle = (low + high + 1) / 2;
    if (lengthWith(middle) <= longest) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const auto length = static_cast<uint32_t>(lengthWith(low));
  for (size_t i = 0; i < wire.texts.size(); i++) {
    if (wire.texts[i].length == kVariableLength) pieces_[i].size = cut(i, low);
  }
  return length;
}

// Length prefixes (RFC 7011 section 7) and texts one behind the other; never in front of its source, so in place.
uint8_t* RowTexts::pack(const WireTemplate& wire, uint8_t* to) const {
  for (size_t i = 0; i < wire.texts.size(); i++) {
    const Piece& piece = pieces_[i];
    if (wire.texts[i].length == kVariableLength) {
      if (prefixSize(piece.size) == 1) {
        *to++ = static_cast<uint8_t>(piece.size);
      } else {
        *to++ = 255;
        put16(to, static_cast<uint32_t>(piece.size));
        to += 2;
      }
    }
    std::memmove(to, piece.at, piece.size);
    to += piece.size;
  }
  return to;
}

}  // namespace weir
