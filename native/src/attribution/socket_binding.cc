#include "attribution/socket_table.h"

namespace weir {

namespace {

constexpr size_t kUsersKept = 16;             // of one binding; the opener and the latest
constexpr uint64_t kUserSlackNs = 10'000'000; // a packet is seen before the process that gets it wakes up
constexpr uint64_t kTurnNs = 10'000'000'000;  // a process that comes back so soon takes turns
constexpr uint64_t kTurnSlackNs = 1'000'000'000;

// Since when others had it before this one came back, or as far as more users than are kept are known; 0 = it is new.
uint64_t turnsSince(const SocketUsers& users, const ProcessKey& next) {
  for (size_t i = users.size(); i-- > 1;) {
    if (users[i - 1].process == next) return users[i].sinceNs;
  }
  return users.size() == kUsersKept ? users[1].sinceNs : 0;
}

}  // namespace

const SocketUser* SocketBinding::userAt(uint64_t ns) const {
  if (users.empty()) return nullptr;
  for (size_t i = users.size(); i-- > 1;) {
    if (users[i].sinceNs <= ns + kUserSlackNs) return &users[i];
  }
  return &users.front();
}

bool SocketBinding::takesTurns(uint64_t fromNs, uint64_t toNs) const {
  return turnsToNs != 0 && fromNs <= turnsToNs + kTurnSlackNs && toNs + kTurnSlackNs >= turnsFromNs;
}

void SocketBinding::use(const weir_process& process, uint64_t ns) {
  const ProcessKey key = processKeyOf(process);
  if (!users.empty() && users.back().process == key) {
    users.back().threadId = process.tid;
    return;
  }
  const uint64_t since = turnsSince(users, key);
  if (since != 0 && since + kTurnNs >= ns) {
    if (turnsToNs == 0 || turnsToNs + kTurnNs < since) turnsFromNs = since;
    turnsToNs = ns;
  }
  if (users.size() == kUsersKept) users.eraseSecond();
  users.push_back({key, process.tid, ns});
}

// Of several holders the one that started first is the likely opener.
void SocketBinding::addHolder(const SocketUser& holder, bool firstOfPass) {
  SocketUser& latest = users.back();
  if (firstOfPass) several = false;
  if (latest.process == holder.process) return;
  if (firstOfPass) {
    if (users.size() == kUsersKept) users.eraseSecond();
    users.push_back(holder);
    return;
  }
  several = true;
  if (holder.process.startTicks >= latest.process.startTicks) return;
  const size_t size = users.size();
  if (size > 1 && users[size - 2].process == holder.process) users.pop_back();
  else latest = {holder.process, holder.threadId, latest.sinceNs};
}

}  // namespace weir
