#include "attribution/translation_table.h"

#include <tuple>
#include <utility>

namespace weir {

NatTuple inverted(const NatTuple& tuple) {
  return {tuple.destination, tuple.source, tuple.destinationPort, tuple.sourcePort, tuple.protocol};
}

bool isTranslated(const Translation& connection) { return connection.reply != inverted(connection.original); }

TranslationTable::Key TranslationTable::keyOf(const NatTuple& tuple) {
  const bool inOrder = std::tie(tuple.source, tuple.sourcePort) <= std::tie(tuple.destination, tuple.destinationPort);
  const NatTuple ordered = inOrder ? tuple : inverted(tuple);
  return {{ordered.source, ordered.destination}, {ordered.sourcePort, ordered.destinationPort}, ordered.protocol, {}};
}

std::optional<NatView> TranslationTable::viewOf(const Translation& connection, const NatTuple& tuple) {
  if (tuple == connection.original) return NatView{inverted(connection.reply), false, 0};
  if (tuple == inverted(connection.original)) return NatView{connection.reply, false, 1};
  if (tuple == connection.reply) return NatView{inverted(connection.original), true, 1};
  if (tuple == inverted(connection.reply)) return NatView{connection.original, true, 0};
  return std::nullopt;
}

std::optional<TranslationTable::Entries::iterator> TranslationTable::known(const Translation& connection) const {
  const auto [from, to] = index_.equal_range(keyOf(connection.original));
  for (auto at = from; at != to; ++at) {
    if (at->second->connection == connection) return at->second;
  }
  return std::nullopt;
}

void TranslationTable::learn(const Translation& connection, uint64_t beganNs) {
  if (const auto entry = known(connection)) {
    (*entry)->dump = dump_;
    if ((*entry)->endedNs == UINT64_MAX) return;
    (*entry)->endedNs = UINT64_MAX;  // a dump had missed it
    open_.splice(open_.end(), ended_, *entry);
    return;
  }
  endOlder(connection, beganNs);
  makeRoom();
  const auto entry = open_.insert(open_.end(), {connection, beganNs, UINT64_MAX, dump_});
  index_.emplace(keyOf(connection.original), entry);
  index_.emplace(keyOf(connection.reply), entry);
}

// An open one that a new one has the addresses of: its end was not told.
void TranslationTable::endOlder(const Translation& connection, uint64_t nowNs) {
  const auto [from, to] = index_.equal_range(keyOf(connection.original));
  for (auto at = from; at != to; ++at) {
    const Entry& entry = *at->second;
    const bool same = entry.connection.original == connection.original && connection.original.sourcePort != 0;
    if (same && entry.endedNs == UINT64_MAX) endEntry(at->second, nowNs);
  }
}

void TranslationTable::end(const Translation& connection, uint64_t nowNs) {
  auto entry = known(connection);
  if (!entry) {
    learn(connection, 0);  // its begin was not told
    entry = known(connection);
  }
  if (entry && (*entry)->endedNs == UINT64_MAX) endEntry(*entry, nowNs);
}

void TranslationTable::endEntry(Entries::iterator entry, uint64_t nowNs) {
  entry->endedNs = nowNs;
  ended_.splice(ended_.end(), open_, entry);
}

void TranslationTable::endDump(uint64_t nowNs) {
  for (auto entry = open_.begin(); entry != open_.end();) {
    const auto next = std::next(entry);
    if (entry->dump != dump_) endEntry(entry, nowNs);
    entry = next;
  }
}

void TranslationTable::forget(uint64_t nowNs) {
  while (!ended_.empty() && nowNs - ended_.front().endedNs >= keepNs_) remove(ended_, ended_.begin());
}

void TranslationTable::makeRoom() {
  while (size() >= capacity_ && size() > 0) {
    Entries& from = ended_.empty() ? open_ : ended_;
    remove(from, from.begin());
    evicted_++;
  }
}

void TranslationTable::remove(Entries& from, Entries::iterator entry) {
  unlink(keyOf(entry->connection.original), entry);
  unlink(keyOf(entry->connection.reply), entry);
  from.erase(entry);
}

void TranslationTable::unlink(const Key& key, Entries::iterator entry) {
  const auto [from, to] = index_.equal_range(key);
  for (auto at = from; at != to; ++at) {
    if (at->second != entry) continue;
    index_.erase(at);
    return;
  }
}

std::optional<NatView> TranslationTable::find(const NatTuple& tuple, uint64_t atNs) const {
  const Entry* best = nullptr;
  std::optional<NatView> view, open;
  bool several = false;  // open at that time, and told apart only by ports that there are not
  // The newest that had begun by then; an event may come later than the packet it tells of, so else the oldest.
  const auto isBetter = [&](const Entry& entry) {
    if (best == nullptr) return true;
    const bool began = entry.beganNs <= atNs, bestBegan = best->beganNs <= atNs;
    if (began != bestBegan) return began;
    return began ? entry.beganNs > best->beganNs : entry.beganNs < best->beganNs;
  };
  const bool hasPorts = tuple.sourcePort != 0 || tuple.destinationPort != 0;
  const auto [from, to] = index_.equal_range(keyOf(tuple));
  for (auto at = from; at != to; ++at) {
    const Entry& entry = *at->second;
    const auto other = viewOf(entry.connection, tuple);
    if (!other) continue;
    if (!hasPorts && entry.beganNs <= atNs && atNs <= entry.endedNs) {
      several = several || (open && open->other != other->other);
      open = other;
    }
    if (!isBetter(entry)) continue;
    best = &entry;
    view = other;
  }
  return several ? std::nullopt : view;
}

}  // namespace weir
