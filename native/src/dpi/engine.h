// What the inspectors of all workers share: options, rules and filter, and the way new rules reach them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "dpi/dpi.h"
#include "dpi/filter.h"
#include "dpi/ndpi_module.h"
#include "dpi/rule_files.h"

namespace weir {

// What one reading of the files gave; never changed.
struct Ruling {
  RuleFiles rules;
  ApplicationFilter filter;
};

// New rules on their way to an inspector; module is null without nDPI.
struct Handover {
  std::shared_ptr<const Ruling> ruling;
  std::unique_ptr<NdpiModule> module;
};

// Where an inspector finds them: written by reload(), emptied by the worker. And where it leaves modules that nobody uses any
// more, until the next reload(): their end takes tens of milliseconds, too long between two packets.
class HandoverSlot {
 public:
  ~HandoverSlot() {
    delete next_.load();
    clear();
  }
  bool empty() const { return next_.load(std::memory_order_relaxed) == nullptr; }
  std::unique_ptr<Handover> take() {
    return std::unique_ptr<Handover>(next_.exchange(nullptr, std::memory_order_acq_rel));
  }
  // One that was not taken yet is overtaken.
  void put(std::unique_ptr<Handover> handover) {
    delete next_.exchange(handover.release(), std::memory_order_acq_rel);
  }
  void leave(std::unique_ptr<NdpiModule> module) {
    module->next = left_.load(std::memory_order_relaxed);
    while (!left_.compare_exchange_weak(module->next, module.get(), std::memory_order_acq_rel)) continue;
    module.release();
  }
  void clear() {
    for (NdpiModule* module = left_.exchange(nullptr, std::memory_order_acq_rel); module != nullptr;) {
      delete std::exchange(module, module->next);
    }
  }

 private:
  std::atomic<Handover*> next_{nullptr};
  std::atomic<NdpiModule*> left_{nullptr};
};

struct DpiEngine::Shared {
  explicit Shared(const DpiOptions& from);
  // Registers the slot of a new inspector and fills it.
  void join(HandoverSlot& slot);
  void leave(HandoverSlot& slot);
  void reload();
  bool usesNdpi() const { return usesNdpi_; }

  const DpiOptions options;

 private:
  // Reads the files; the module is made by the way, to have the names.
  Handover read();

  bool usesNdpi_ = false;
  std::mutex mutex_;  // never on the packet path
  std::shared_ptr<const Ruling> ruling_;
  std::unique_ptr<NdpiModule> spare_;  // made for the names, taken by the first inspector
  std::vector<HandoverSlot*> slots_;
  std::vector<std::string> protocolNames_;  // that rules named so far, in the order of their numbers
};

}  // namespace weir
