#include "encode/json.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/json_text.h"

namespace weir {
namespace {

using json::writeEscaped;

constexpr uint64_t kSafeInteger = (uint64_t{1} << 53) - 1;

bool isQuoted(Form form) {
  switch (form) {
    case Form::number:
    case Form::wide:
    case Form::nanoseconds:
    case Form::boolean:
    case Form::real:
    case Form::epochTime:
    case Form::constant:
    case Form::list: return false;
    default: return true;
  }
}

// "key" with what JSON wants escaped
std::string quoted(const std::string& key) {
  std::string text(key.size() * 6 + 2, '"');
  const char* const end = writeEscaped(text.data() + 1, {reinterpret_cast<const uint8_t*>(key.data()), key.size()});
  text.resize(static_cast<size_t>(end - text.data()));
  return text + '"';
}

// How many objects from the outside two fields share.
uint32_t sharedObjects(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  const auto [end, ignored] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  return static_cast<uint32_t>(end - one.begin());
}

// Throws where an object would be written twice.
void checkOpened(const LinePlace& place, uint32_t shared, std::set<std::string>& opened) {
  std::string path;
  for (size_t i = 0; i < place.path.size(); i++) {
    path += quoted(place.path[i]);
    if (i < shared || opened.insert(path).second) continue;
    throw Error("WEIR_TEMPLATE", "the fields of the JSON object " + place.path[i] + " do not stand together");
  }
}

}  // namespace

JsonEncoder::JsonEncoder(const EncoderSpec& spec, const FieldContext& context, std::span<const Element> table)
    : LineEncoder(spec, context, table, false) {
  for (unsigned family = 0; family < 2; family++) compile(family);
}

void JsonEncoder::compile(unsigned family) {
  LinePlan& plan = plans_[family];
  plan.room = 2 * kStep;
  std::set<std::string> opened;
  for (size_t i = 0; i < plan.fields.size(); i++) {
    const LinePlace& place = plan.places[i];
    Nest nest;
    nest.depth = static_cast<uint32_t>(place.path.size());
    nest.shared = i == 0 ? 0 : sharedObjects(place.path, plan.places[i - 1].path);
    nest.leads = leads_[family].size();
    nested_ = nested_ || nest.depth != 0;
    checkOpened(place, nest.shared, opened);
    for (size_t open = 0; open <= nest.depth; open++) {
      leads_[family].push_back(leadOf(plan.fields[i], place, open));
    }
    plan.room += leads_[family][nest.leads].padded.size() + kStep + kValueRoom + nest.depth;
    nests_[family].push_back(nest);
  }
}

JsonEncoder::Lead JsonEncoder::leadOf(const LineField& field, const LinePlace& place, size_t open) {
  Lead lead;
  lead.quoted = isQuoted(field.form) || field.quoted;
  lead.padded.push_back(',');
  for (size_t i = open; i < place.path.size(); i++) lead.padded += quoted(place.path[i]) + ":{";
  lead.padded += quoted(field.plan.key.empty() ? field.plan.element->name : field.plan.key) + ':' + place.constant;
  if (lead.quoted) lead.padded += '"';
  lead.size = lead.padded.size();
  lead.padded.resize((lead.size + kStep - 1) / kStep * kStep);
  return lead;
}

char* JsonEncoder::writeTextual(const LineField& field, std::span<const uint8_t> text, char* to) const {
  if (field.form == Form::text) return writeEscaped(to, text);
  if (field.form == Form::octets) {
    for (const uint8_t octet : text) to = format::writeHexOctet(to, octet);
    return to;
  }
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

template <bool kNested>
char* JsonEncoder::writeObject(unsigned family, const uint8_t* record, unsigned side, char* to, const char* end) {
  const LinePlan& plan = plans_[family];
  char* const start = to;
  uint32_t open = 0;  // objects open at `to`
  uint32_t keep = 0;  // of them, those the field stands in
  for (size_t i = 0; i < plan.fields.size(); i++) {
    const LineField& field = plan.fields[i];
    const Nest& nest = nests_[family][i];
    if constexpr (kNested) keep = std::min(keep, nest.shared);
    const Lead& lead = leads_[family][kNested ? nest.leads + keep : i];
    const auto begin = [&](char* at) {
      if constexpr (kNested) {
        for (; open > keep; open--) *at++ = '}';
        open = keep = nest.depth;
      }
      return writeLead(lead, at);
    };
    if (field.form <= Form::wide) {
      const uint64_t value = numberOf(field, record, side);
      if (field.optional && value == field.absent) continue;
      to = begin(to);
      if (value > kSafeInteger && field.form == Form::wide) {
        *to++ = '"';
        to = format::writeUnsigned(to, value);
        *to++ = '"';
      } else {
        to = format::writeUnsigned(to, value);
      }
      continue;
    }
    if (field.form >= Form::text) {
      const std::span<const uint8_t> text = renderText(field, record, side);
      if (text.empty() && (field.optional || field.form == Form::list)) continue;
      if (static_cast<size_t>(end - to) < plan.room + text.size() * kWorstEscape) return nullptr;
      to = writeTextual(field, text, begin(to));
    } else {
      if (field.optional && isZero(field, record, side)) continue;
      to = writeValue(field, record, side, begin(to));
    }
    if (lead.quoted) *to++ = '"';
  }
  *start = '{';  // in place of the first comma
  if (to == start) to++;
  for (; open != 0; open--) *to++ = '}';
  *to++ = '}';
  *to++ = '\n';
  return to;
}

}  // namespace weir
