// Everything of a process that needs files or name services, for one thread that may wait; learn() from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "attribution/accounts.h"
#include "attribution/cgroups.h"
#include "attribution/process_table.h"

namespace weir {

struct CompletedProcess {
  ProcessKey key;
  uint64_t readNs = 0;  // when reading began, CLOCK_MONOTONIC
  std::optional<ProcessFacts> facts;  // nothing: gone
  ProcessNames names;
  std::vector<ProcessFacts> above;  // parent, its parent ...
};

class ProcessCompleter {
 public:
  ProcessCompleter(const std::string& procRoot, unsigned above);

  // above: how many of a process's ancestors are read with it.
  // carried: of its event; what /proc does not say any more is taken from there.
  CompletedProcess complete(const ProcessKey& key, const weir_process& carried);
  void learn(uint64_t cgroupId, std::string_view path);
  void scanCgroups();
  std::string cgroupMount() const;
  void forget(uint64_t nowNs) { accounts_.forgetOlderThan(nowNs); }

 private:
  std::string pathOf(const weir_process& carried, const std::optional<ProcessFacts>& facts);
  void name(CompletedProcess& completed, const weir_process& carried);

  void readAbove(CompletedProcess& completed, ProcessKey parent) const;

  ProcessReader reader_;
  unsigned above_;
  Accounts accounts_;
  mutable std::mutex mutex_;
  Cgroups cgroups_;
};

}  // namespace weir
