#include "encode/json.h"

#include <array>

#include "encode/utf8.h"

namespace weir {
namespace {

constexpr uint8_t kPlain = 0, kByNumber = 1, kBeyondAscii = 2;  // other classes: the letter behind the backslash

constexpr auto kClasses = [] {
  std::array<uint8_t, 256> classes{};
  for (size_t octet = 0; octet < 256; octet++) {
    classes[octet] = octet < 0x20 || octet == 0x7f ? kByNumber : octet >= 0x80 ? kBeyondAscii : kPlain;
  }
  classes['"'] = '"';
  classes['\\'] = '\\';
  classes['\b'] = 'b';
  classes['\f'] = 'f';
  classes['\n'] = 'n';
  classes['\r'] = 'r';
  classes['\t'] = 't';
  return classes;
}();

char* writeCode(char* to, uint16_t code) {
  std::memcpy(to, "\\u", 2);
  to = format::writeHexOctet(to + 2, static_cast<uint8_t>(code >> 8));
  return format::writeHexOctet(to, static_cast<uint8_t>(code));
}

// U+2028 and U+2029 end lines in JavaScript.
bool isLineSeparator(const uint8_t* at, size_t length) {
  return length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9);
}

// Room: 6 octets for each of the text.
char* writeEscaped(char* to, std::span<const uint8_t> text) {
  for (size_t at = 0; at < text.size();) {
    const uint8_t octet = text[at];
    const uint8_t kind = kClasses[octet];
    if (kind == kPlain) {
      *to++ = static_cast<char>(octet);
      at++;
    } else if (kind == kByNumber) {
      to = writeCode(to, octet);
      at++;
    } else if (kind != kBeyondAscii) {
      *to++ = '\\';
      *to++ = static_cast<char>(kind);
      at++;
    } else if (const size_t length = utf8::sequenceLength(&text[at], text.size() - at); length == 0) {
      std::memcpy(to, utf8::kReplacement, utf8::kReplacementSize);
      to += utf8::kReplacementSize;
      at += utf8::brokenLength(&text[at], text.size() - at);
    } else if (isLineSeparator(&text[at], length)) {
      to = writeCode(to, text[at + 2] == 0xa8 ? 0x2028 : 0x2029);
      at += length;
    } else {
      std::memcpy(to, &text[at], length);
      to += length;
      at += length;
    }
  }
  return to;
}

bool isQuoted(Form form) {
  return form != Form::number && form != Form::boolean && form != Form::real && form != Form::epochTime &&
         form != Form::list;
}

}  // namespace

JsonEncoder::JsonEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table)
    : LineEncoder(spec, context, table, false) {
  for (size_t family = 0; family < 2; family++) {
    plans_[family].room = 2 * kStep;
    for (const LineField& field : plans_[family].fields) {
      const std::string& key = field.plan.key.empty() ? field.plan.element->name : field.plan.key;
      std::string escaped(key.size() * kWorstEscape, '\0');
      const char* const end =
          writeEscaped(escaped.data(), {reinterpret_cast<const uint8_t*>(key.data()), key.size()});
      escaped.resize(static_cast<size_t>(end - escaped.data()));
      Lead lead;
      lead.quoted = isQuoted(field.form);
      lead.padded = ",\"" + escaped + (lead.quoted ? "\":\"" : "\":");
      lead.size = lead.padded.size();
      lead.padded.resize((lead.size + kStep - 1) / kStep * kStep);
      plans_[family].room += lead.padded.size() + kValueRoom;
      leads_[family].push_back(std::move(lead));
    }
  }
}

char* JsonEncoder::writeLead(const Lead& lead, char* to) {
  for (size_t at = 0; at < lead.size; at += kStep) std::memcpy(to + at, lead.padded.data() + at, kStep);
  return to + lead.size;
}

char* JsonEncoder::writeLine(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) {
  const LinePlan& plan = plans_[family];
  char* const start = to;
  for (size_t i = 0; i < plan.fields.size(); i++) {
    const LineField& field = plan.fields[i];
    const Lead& lead = leads_[family][i];
    const bool mayLack = field.plan.element->absentWhenZero;
    if (field.form == Form::number) {
      const uint64_t value = numberOf(field, record, side);
      if (mayLack && value == 0) continue;
      to = format::writeUnsigned(writeLead(lead, to), value);
      continue;
    }
    if (field.form >= Form::text) {
      const std::span<const uint8_t> text = renderText(field, record, side);
      if (text.empty() && (mayLack || field.form == Form::list)) continue;
      if (static_cast<size_t>(end - to) < plan.room + text.size() * kWorstEscape) return nullptr;
      to = writeLead(lead, to);
      if (field.form == Form::list) {
        std::memcpy(to, text.data(), text.size());
        to += text.size();
      } else if (field.form == Form::octets) {
        for (const uint8_t octet : text) to = format::writeHexOctet(to, octet);
      } else {
        to = writeEscaped(to, text);
      }
    } else {
      if (mayLack && isZero(field, record, side)) continue;
      to = writeValue(field, record, side, writeLead(lead, to));
    }
    if (lead.quoted) *to++ = '"';
  }
  *start = '{';  // in place of the first comma
  if (to == start) to++;
  *to++ = '}';
  *to++ = '\n';
  return to;
}

}  // namespace weir
