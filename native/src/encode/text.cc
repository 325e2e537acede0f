#include "encode/text.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"

namespace weir {
namespace {

constexpr size_t kWidestColumn = 24;
constexpr size_t kAddress4Width = 15, kPortWidth = 6;  // 192.0.2.255 and :65535
constexpr size_t kWordWidth = 4;                       // ICMP, SCTP

uint32_t codePoint(const uint8_t* at, size_t length) {
  uint32_t code = length == 1 ? at[0] : at[0] & (0x7fu >> length);
  for (size_t i = 1; i < length; i++) code = code << 6 | (at[i] & 0x3fu);
  return code;
}

// Controls of terminals (C0, DEL, C1), line ends, and marks that turn the direction of text.
bool isDangerous(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

char* writeEscaped(char* to, std::span<const uint8_t> text) {
  for (size_t at = 0; at < text.size();) {
    const size_t length = utf8::sequenceLength(&text[at], text.size() - at);
    if (length == 0) {
      std::memcpy(to, utf8::kReplacement, utf8::kReplacementSize);
      to += utf8::kReplacementSize;
      at += utf8::brokenLength(&text[at], text.size() - at);
      continue;
    }
    const uint32_t code = codePoint(&text[at], length);
    if (isDangerous(code)) {
      *to++ = '\\';
      *to++ = code < 0x80 ? 'x' : 'u';
      if (code >= 0x80) to = format::writeHexOctet(to, static_cast<uint8_t>(code >> 8));
      to = format::writeHexOctet(to, static_cast<uint8_t>(code));
    } else {
      if (code == '"' || code == '\\') *to++ = '\\';
      std::memcpy(to, &text[at], length);
      to += length;
    }
    at += length;
  }
  return to;
}

bool needsQuotes(std::span<const uint8_t> text) {
  const auto separates = [](uint8_t octet) { return octet == ' ' || octet == '='; };
  return text.empty() || std::any_of(text.begin(), text.end(), separates);
}

}  // namespace

TextEncoder::TextEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table)
    : LineEncoder(spec, context, table, true) {
  for (size_t family = 0; family < 2; family++) {
    LinePlan& plan = plans_[family];
    plan.room = 1;
    for (size_t i = 0; i < plan.fields.size(); i++) {
      if (plan.fields[i].form == Form::constant || !plan.places[i].path.empty()) {
        throw Error("WEIR_TEMPLATE", "field " + plan.fields[i].plan.key + " of a text line is made for JSON");
      }
      cells_[family].push_back(cellOf(plan.fields[i], i + 1 < plan.fields.size() ? &plan.fields[i + 1] : nullptr));
      plan.room += cells_[family].back().lead.size() + kWidestColumn + kValueRoom;
    }
  }
}

TextEncoder::Cell TextEncoder::cellOf(const LineField& field, const LineField* next) {
  const std::string& key = field.plan.key;
  const bool nextJoins = next != nullptr && (next->plan.key == ":" || next->plan.key == "/");
  const bool lacks = field.optional;
  Cell cell;
  cell.joins = key == ":" || key == "/";
  const bool bare = key.empty() || key == ">" || key == "?" || cell.joins;
  cell.optional = key == ":" || key == "?" || (!bare && lacks && !nextJoins);
  cell.dash = !cell.optional && (lacks || (bare && field.form >= Form::text));
  cell.quotes = !cell.dash && key != "?";
  cell.bracket = field.form == Form::address6 && next != nullptr && next->plan.key == ":";
  if (cell.joins) {
    cell.lead = key;
  } else if (key == ">") {
    cell.lead = "> ";
  } else if (!bare) {
    cell.lead = key + "=";
  }
  if (field.form == Form::address4) cell.width = kAddress4Width + (nextJoins ? kPortWidth : 0) + cell.lead.size();
  if (field.form == Form::text && key.empty()) cell.width = kWordWidth;
  return cell;
}

char* TextEncoder::writeText(const LineField& field, const Cell& cell, std::span<const uint8_t> text, char* to) const {
  if (field.form == Form::octets) {
    for (const uint8_t octet : text) to = format::writeHexOctet(to, octet);
    return to;
  }
  if (field.form == Form::list) {  // JSON text: a quoted value loses its quotes
    const bool quoted = text.size() >= 2 && text.front() == '"';
    return writeEscaped(to, quoted ? text.subspan(1, text.size() - 2) : text);
  }
  const bool quotes = cell.quotes && needsQuotes(text);
  if (quotes) *to++ = '"';
  to = writeEscaped(to, text);
  if (quotes) *to++ = '"';
  return to;
}

char* TextEncoder::writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) {
  const LinePlan& plan = plans_[family];
  const char* const start = to;
  const char* column = to;
  size_t width = 0;
  const bool dashes = hasFamily(record);  // else there is no conversation whose parts could be unknown
  for (size_t i = 0; i < plan.fields.size(); i++) {
    const LineField& field = plan.fields[i];
    const Cell& cell = cells_[family][i];
    const bool textual = field.form >= Form::text;
    std::span<const uint8_t> text;
    if (textual) text = renderText(field, record, side);
    if (textual && static_cast<size_t>(end - to) < plan.room + text.size() * kWorstEscape) return nullptr;
    const bool zero = (cell.optional || cell.dash) && (textual ? text.empty() : isZero(field, record, side));
    if (zero && (cell.optional || !dashes)) continue;
    if (!cell.joins && to != start) {
      while (static_cast<size_t>(to - column) < width) *to++ = ' ';
      *to++ = ' ';
    }
    if (!cell.joins) {
      column = to;
      width = cell.width;
    }
    std::memcpy(to, cell.lead.data(), cell.lead.size());
    to += cell.lead.size();
    // No brackets where the port is left out.
    const bool bracket = cell.bracket && !isZero(plan.fields[i + 1], record, side);
    if (bracket) *to++ = '[';
    if (zero) {
      *to++ = '-';
    } else {
      to = textual ? writeText(field, cell, text, to) : writeValue(field, record, side, to);
    }
    if (bracket) *to++ = ']';
  }
  *to++ = '\n';
  return to;
}

}  // namespace weir
