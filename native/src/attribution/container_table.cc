#include "attribution/container_table.h"

#include <algorithm>

namespace weir {

namespace {

constexpr uint64_t kAskAgainNs = 60'000'000'000;

}  // namespace

bool ContainerTable::want(const std::string& id, const std::string& runtime, uint32_t processId, uint64_t nowNs) {
  if (id.empty() || facts_.count(id) != 0) return false;
  if (questions_.count(id) == 0 && questions_.size() >= capacity_) makeRoom();
  Question& question = questions_[id];
  question.seenNs = nowNs;
  if (question.container.id.empty()) question.container = {id, runtime, processId};
  return question.askedNs == 0 || nowNs - question.askedNs >= kAskAgainNs;
}

std::vector<WantedContainer> ContainerTable::wanted(uint64_t nowNs) {
  std::vector<WantedContainer> list;
  for (auto& [id, question] : questions_) {
    // Asked again only while processes are still seen in it.
    const bool seenSince = question.seenNs > question.askedNs;
    if (question.askedNs != 0 && (nowNs - question.askedNs < kAskAgainNs || !seenSince)) continue;
    question.askedNs = std::max<uint64_t>(nowNs, 1);
    list.push_back(question.container);
  }
  return list;
}

void ContainerTable::makeRoom() {
  const auto oldest = std::min_element(questions_.begin(), questions_.end(), [](const auto& a, const auto& b) {
    return a.second.seenNs < b.second.seenNs;
  });
  if (oldest != questions_.end()) questions_.erase(oldest);
}

void ContainerTable::set(const std::vector<ContainerFacts>& facts) {
  for (const ContainerFacts& container : facts) {
    if (facts_.size() >= capacity_ && facts_.count(container.id) == 0) facts_.erase(facts_.begin());
    facts_[container.id] = container;
    questions_.erase(container.id);
  }
  version_++;
}

const ContainerFacts* ContainerTable::find(const std::string& id) const {
  const auto found = facts_.find(id);
  return found == facts_.end() ? nullptr : &found->second;
}

}  // namespace weir
