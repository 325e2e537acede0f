#include "fields/application_names.h"

#include <atomic>

namespace weir {
namespace {

std::atomic<std::shared_ptr<const ApplicationNames>>& current() {
  static std::atomic<std::shared_ptr<const ApplicationNames>> names{std::make_shared<const ApplicationNames>()};
  return names;
}

}  // namespace

std::shared_ptr<const ApplicationNames> applicationNames() { return current().load(std::memory_order_acquire); }

void setApplicationNames(std::shared_ptr<const ApplicationNames> names) {
  current().store(std::move(names), std::memory_order_release);
}

}  // namespace weir
