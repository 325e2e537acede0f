// Containers: what the runtimes said of them, and which ones are to be asked about. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/attribution.h"

namespace weir {

class ContainerTable {
 public:
  explicit ContainerTable(size_t capacity = 16384) : capacity_(capacity) {}

  // A process was seen in it. True when it is to be asked about.
  bool want(const std::string& id, const std::string& runtime, uint32_t processId, uint64_t nowNs);
  // Each once, again after a minute without an answer.
  std::vector<WantedContainer> wanted(uint64_t nowNs);
  void set(const std::vector<ContainerFacts>& facts);
  const ContainerFacts* find(const std::string& id) const;
  size_t size() const { return facts_.size(); }
  // Changes with what is known.
  uint64_t version() const { return version_; }

 private:
  struct Question {
    WantedContainer container;
    uint64_t askedNs = 0;  // 0 = not yet
    uint64_t seenNs = 0;
  };
  void makeRoom();

  size_t capacity_;
  std::unordered_map<std::string, ContainerFacts> facts_;
  std::unordered_map<std::string, Question> questions_;
  uint64_t version_ = 0;
};

}  // namespace weir
