// What nDPI says of a flow, in names.
#include "fields/derive_application.h"

#include <array>

#include "fields/application_names.h"
#include "fields/fact_field.h"
#include "fields/text_value.h"

namespace weir::derive {
namespace {

// nDPI leaves either of them out, or names the same one twice.
struct Label {
  uint16_t application = 0;  // the most that is known, 0 = nothing
  uint16_t master = 0;       // what carries it, 0 = nothing besides
};

Label labelOf(const FlowRecord& record) {
  const uint16_t application = record.application.application, master = record.application.master;
  if (application == 0) return {master, 0};
  return {application, master == application ? uint16_t{0} : master};
}

std::string_view nameOf(uint16_t application, const FieldContext& context) {
  return context.names == nullptr || application == 0 ? std::string_view() : context.names->application(application);
}

std::string_view nameIn(const std::vector<std::string> ApplicationNames::* list, size_t number,
                        const FieldContext& context) {
  if (context.names == nullptr) return {};
  const std::vector<std::string>& names = context.names->*list;
  return number < names.size() ? std::string_view(names[number]) : std::string_view();
}

bool has(const FlowRecord& record, ApplicationFlags flag) { return (record.application.flags & flag) != 0; }

constexpr uint8_t kNdpiEngine = 22;  // IANA registry Classification Engine IDs
constexpr size_t kApplicationId = 3, kLongApplicationId = 4;

// Calls add(name) for each risk; a number stands for what has no name.
template <typename Add>
void forRisks(const FlowRecord& record, const FieldContext& context, Add add) {
  for (unsigned risk = 0; risk < 64; risk++) {
    if ((record.application.risks >> risk & 1) == 0) continue;
    const std::string_view name = nameIn(&ApplicationNames::risks, risk, context);
    char digits[4];
    add(name.empty() ? std::string_view(digits, copyNumber(risk, digits, sizeof digits)) : name);
  }
}

size_t riskText(const FlowRecord& record, const FieldContext& context, std::string_view between, char* out,
                size_t capacity) {
  Appender text(out, capacity);
  forRisks(record, context, [&](std::string_view name) {
    if (text.size() != 0) text.add(between);
    text.add(name);
  });
  return text.size();
}

}  // namespace

uint64_t applicationEncrypted(const FlowRecord& record, unsigned, const FieldContext&) {
  return has(record, kEncrypted) ? 1 : 0;
}

uint64_t applicationListed(const FlowRecord& record, unsigned, const FieldContext&) {
  return has(record, kListed) ? 1 : 0;
}

size_t applicationName(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  return copy(nameOf(labelOf(record).application, context), out, capacity);
}

size_t applicationMasterName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                             size_t capacity) {
  return copy(nameOf(labelOf(record).master, context), out, capacity);
}

size_t applicationProtocolName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                               size_t capacity) {
  const Label label = labelOf(record);
  return copy(nameOf(label.master != 0 ? label.master : label.application, context), out, capacity);
}

size_t applicationLabel(const FlowRecord& record, unsigned, const FieldContext& context, char* out, size_t capacity) {
  const Label label = labelOf(record);
  const std::string_view master = nameOf(label.master, context);
  Appender text(out, capacity);
  text.add(master);
  if (!master.empty()) text.add(".");
  text.add(nameOf(label.application, context));
  return text.size();
}

size_t applicationLabelOrUnknown(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                                 size_t capacity) {
  if (labelOf(record).application == 0) return copy("Unknown", out, capacity);
  return applicationLabel(record, side, context, out, capacity);
}

size_t applicationNumbers(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  const Label label = labelOf(record);
  Appender text(out, capacity);
  if (label.master != 0) {
    text.add(uint64_t{label.master});
    text.add(".");
  }
  text.add(uint64_t{label.application});
  return text.size();
}

size_t applicationCategoryName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                               size_t capacity) {
  if (labelOf(record).application == 0 && record.application.category == 0) return 0;
  return copy(nameIn(&ApplicationNames::categories, record.application.category, context), out, capacity);
}

size_t applicationBreedName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                            size_t capacity) {
  if (labelOf(record).application == 0) return 0;
  return copy(nameIn(&ApplicationNames::breeds, record.application.breed, context), out, capacity);
}

size_t applicationConfidenceName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                                 size_t capacity) {
  if (labelOf(record).application == 0) return 0;
  return copy(nameIn(&ApplicationNames::confidences, record.application.confidence, context), out, capacity);
}

size_t applicationStateName(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  const bool isKnown = labelOf(record).application != 0;
  if (has(record, kNotInspected)) return copy("notInspected", out, capacity);
  if (!has(record, kSettled)) return isKnown || record.application.inspected != 0 ? copy("open", out, capacity) : 0;
  if (!isKnown) return copy("unknown", out, capacity);
  return copy(has(record, kGivenUp) ? "guessed" : "classified", out, capacity);
}

size_t applicationListCategoryName(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                                   size_t capacity) {
  if (!has(record, kListed)) return 0;
  return copy(nameIn(&ApplicationNames::categories, record.application.listCategory, context), out, capacity);
}

size_t applicationRiskText(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                           size_t capacity) {
  return riskText(record, context, ", ", out, capacity);
}

size_t applicationRiskNamesText(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                                size_t capacity) {
  std::array<char, facts::kLongestText> names;
  return fact::jsonArray({names.data(), riskText(record, context, ",", names.data(), names.size())}, out, capacity);
}

size_t applicationRiskNamesOctets(const FlowRecord& record, unsigned, const FieldContext& context, char* out,
                                  size_t capacity) {
  return riskText(record, context, ",", out, capacity);
}

size_t applicationIdText(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                         size_t capacity) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, kApplicationId> id;
  if (labelOf(record).application == 0 || capacity < 2 * id.size() + 2) return 0;
  applicationIdOctets(record, side, context, id.data(), id.size());
  Appender text(out, capacity);
  text.add("\"");
  for (const char octet : id) {
    text.add(kDigits.substr(static_cast<uint8_t>(octet) >> 4, 1));
    text.add(kDigits.substr(static_cast<uint8_t>(octet) & 15, 1));
  }
  text.add("\"");
  return text.size();
}

size_t applicationIdOctets(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  if (capacity < kApplicationId) return 0;
  const uint16_t application = labelOf(record).application;
  const size_t size = capacity == kLongApplicationId ? kLongApplicationId : kApplicationId;
  std::memset(out, 0, size);
  out[0] = static_cast<char>(kNdpiEngine);
  out[size - 2] = static_cast<char>(application >> 8);
  out[size - 1] = static_cast<char>(application & 0xff);
  return size;
}

}  // namespace weir::derive
