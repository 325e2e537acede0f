#include "dpi/engine.h"

#include <algorithm>

#include "base/error.h"
#include "fields/application_names.h"

namespace weir {
namespace {

// Whether libndpi has work; throws when there is none to do it and nothing else would be left.
bool decideNdpi(const DpiOptions& options) {
  const bool asked = (options.needs & kNdpiNeeds) != 0 || !options.filter.empty() || !options.protocolsFile.empty();
  if (!asked) return false;
  const DpiAvailability availability = dpiAvailability();
  if (availability.available) return true;
  if (!options.filter.empty() || (options.needs & kFactNeeds) == 0) {
    throw Error("WEIR_DPI_LIBRARY", availability.reason);
  }
  return false;
}

// Rules that match nothing and only make nDPI number the protocols in this order: flows that were named before a reload keep
// their number's meaning, also when the file names other protocols then.
std::string declarations(const std::vector<std::string>& names) {
  std::string rules;
  for (size_t i = 0; i < names.size(); i++) {
    rules += "host:\"" + std::to_string(i) + ".weir.invalid\"@" + names[i] + '\n';
  }
  return rules;
}

std::vector<std::string> joined(std::vector<std::string> names, const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

constexpr uint16_t kAnyCategory = 0xffff;  // without nDPI nobody knows how many there are

}  // namespace

DpiEngine::Shared::Shared(const DpiOptions& from) : options(from), usesNdpi_(decideNdpi(from)) {
  Handover first = read();
  ruling_ = std::move(first.ruling);
  spare_ = std::move(first.module);
  if (spare_) setApplicationNames(std::make_shared<const ApplicationNames>(spare_->names()));
}

Handover DpiEngine::Shared::read() {
  const uint16_t categories = dpiAvailability().available ? NdpiModule::categories() : kAnyCategory;
  auto ruling = std::make_shared<Ruling>();
  ruling->rules = readRuleFiles(options.protocolsFile, options.categoryFiles, categories);
  const std::vector<std::string> names = joined(protocolNames_, ruling->rules.protocolNames);
  if (!ruling->rules.protocols.empty() || !names.empty()) ruling->rules.protocols.insert(0, declarations(names));
  std::unique_ptr<NdpiModule> module;
  if (usesNdpi_) {
    module = std::make_unique<NdpiModule>(ruling->rules);
    ruling->filter = ApplicationFilter(options.filter, module->names());
  }
  protocolNames_ = names;
  return {std::move(ruling), std::move(module)};
}

void DpiEngine::Shared::join(HandoverSlot& slot) {
  const std::lock_guard lock(mutex_);
  auto handover = std::make_unique<Handover>();
  handover->ruling = ruling_;
  handover->module = std::move(spare_);
  if (usesNdpi_ && handover->module == nullptr) handover->module = std::make_unique<NdpiModule>(ruling_->rules);
  slot.put(std::move(handover));
  slots_.push_back(&slot);
}

void DpiEngine::Shared::leave(HandoverSlot& slot) {
  const std::lock_guard lock(mutex_);
  std::erase(slots_, &slot);
}

void DpiEngine::Shared::reload() {
  const std::lock_guard lock(mutex_);
  Handover read = this->read();
  std::vector<std::unique_ptr<Handover>> made;  // all of them before the first is given away: an error changes nothing
  std::unique_ptr<NdpiModule> module = std::move(read.module);
  auto names = module ? std::make_shared<const ApplicationNames>(module->names()) : nullptr;
  for (size_t i = 0; i < slots_.size(); i++) {
    if (usesNdpi_ && module == nullptr) module = std::make_unique<NdpiModule>(read.ruling->rules);
    made.push_back(std::make_unique<Handover>(Handover{read.ruling, std::move(module)}));
  }
  ruling_ = read.ruling;
  spare_ = std::move(module);
  if (names) setApplicationNames(std::move(names));
  for (size_t i = 0; i < slots_.size(); i++) {
    slots_[i]->clear();
    slots_[i]->put(std::move(made[i]));
  }
}

DpiEngine::DpiEngine(const DpiOptions& options) : shared_(std::make_shared<Shared>(options)) {}
DpiEngine::~DpiEngine() = default;
const DpiOptions& DpiEngine::options() const { return shared_->options; }
void DpiEngine::reload() { shared_->reload(); }

}  // namespace weir
