#include "attribution/socket_table.h"

#include <utility>

namespace weir {

namespace {

constexpr unsigned kEvictionLooks = 8;  // listeners that are passed over
constexpr unsigned kPortLooks = 64;     // sockets of one port
constexpr uint64_t kLateUseNs = 500'000'000;  // of a socket that is closed already
constexpr uint8_t kTcpSynSent = 2, kTcpClose = 7, kTcpListen = 10;

uint32_t bit(EventType type) { return 1u << static_cast<unsigned>(type); }

bool hasExclusivePort(const SocketTuple& tuple) {
  return hasPorts(tuple.protocol) && tuple.protocol != IPPROTO_TCP && !tuple.raw && tuple.localPort != 0;
}

// Whether sockets of these two addresses exclude each other at a port.
bool excludes(const Address& a, const Address& b) {
  if (a == b || a == kAny6 || b == kAny6) return true;
  return (a == kAny4 && isIp4(b)) || (b == kAny4 && isIp4(a));
}

// A peer came back to an MPTCP listener from the same port: tuple and cookie are those of the connection before.
bool isNextOne(const SocketBinding& binding, const weir_socket& socket, const weir_event& event) {
  return socket.protocol == kMptcp && binding.closed && event.time_ns > binding.endNs + kLateUseNs;
}

bool hasUser(const SocketBinding& binding, const ProcessKey& process) {
  for (size_t i = 0; i < binding.users.size(); i++) {
    if (binding.users[i].process == process) return true;
  }
  return false;
}

const weir_socket& socketOf(const weir_event& event) { return reinterpret_cast<const weir_socket_event&>(event).socket; }

}  // namespace

SocketTable::SocketTable(const SocketTableOptions& options)
    : options_(options), byCookie_(options.capacity), byTuple_(options.capacity), byPort_(options.capacity / 4) {}

uint64_t SocketTable::hashOf(const SocketTuple& tuple) const {
  return weir::hashOf(tuple, seed_);
}

uint64_t SocketTable::hashOf(uint8_t protocol, bool raw, uint16_t port) const {
  return hashOf(uint64_t{port} << 16 | uint64_t{protocol} << 8 | (raw ? 1u : 0u));
}

SocketTable::Change SocketTable::apply(const weir_event& event, EventOrigin origin) {
  if (event.kind < WEIR_CONNECT || event.kind > WEIR_RETRANSMIT) return {};
  const weir_socket& socket = socketOf(event);
  const SocketTuple tuple = tupleOf(socket);
  uint32_t entry = find(socket, tuple, event);
  const bool added = entry == kNoEntry;
  if (added) entry = add(socket, tuple, event, origin);
  else if (!slots_[entry].inTuple && !slots_[entry].inPort) adoptTuple(entry, tuple);
  SocketBinding& binding = slots_[entry].binding;
  binding.seenNs = std::max(binding.seenNs, event.time_ns);
  if (socket.protocol == kMptcp) binding.mptcp = true;
  const auto& owner = reinterpret_cast<const weir_owner_event&>(event);
  uint32_t events = 0;
  switch (event.kind) {
    case WEIR_CONNECT:
      binding.connector = true;
      binding.connectNs = event.time_ns;
      binding.use(owner.process, event.time_ns);
      events = bit(EventType::connect);
      break;
    case WEIR_LISTEN:
      binding.listener = true;
      binding.use(owner.process, event.time_ns);
      events = bit(EventType::listen);
      break;
    case WEIR_ESTABLISHED:
      binding.connector = true;
      binding.establishedNs = event.time_ns;
      break;
    case WEIR_OWNER: events = onOwner(entry, owner); break;
    case WEIR_RELEASE: events = onRelease(entry, owner); break;
    case WEIR_CLOSE: events = onClose(entry, reinterpret_cast<const weir_close_event&>(event)); break;
    case WEIR_SNAPSHOT: onSnapshot(entry, reinterpret_cast<const weir_snapshot_event&>(event), origin); break;
    case WEIR_RETRANSMIT: events = bit(EventType::retransmit); break;
    default: break;
  }
  if (!binding.closed) binding.state = socket.state;
  if (binding.open()) {
    open_.remove(entry, linkOf());
    open_.pushBack(entry, linkOf());
  }
  return {&binding, events, added};
}

// The tuple names a connection better than its cookie: an accepted MPTCP socket may have the listener's.
uint32_t SocketTable::find(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event) {
  const uint32_t same = findByCookie(socket, tuple, event);
  if (same != kNoEntry || !isConnected(tuple) || tuple.protocol != IPPROTO_TCP) return same;
  return findByTuple(socket, tuple, event);
}

uint32_t SocketTable::findByCookie(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event) const {
  uint32_t pending = kNoEntry;
  for (uint32_t at = byCookie_.first(hashOf(socket.cookie)); at != kNoEntry; at = byCookie_.next(at)) {
    const Slot& slot = slots_[at];
    const SocketBinding& binding = slot.binding;
    if (binding.cookie != socket.cookie || !sameNetns(binding.netnsCookie, binding.netns, socket.netns_cookie, socket.netns)) {
      continue;
    }
    if (binding.tuple == tuple) {
      if (isNextOne(binding, socket, event)) continue;
      return at;
    }
    // It has no full name yet, or the event has none any more.
    const bool nameless = !binding.listener && (!slot.inTuple && !slot.inPort);
    const bool faded = tuple.localPort == 0 && hasPorts(tuple.protocol) && !binding.listener;
    if (binding.tuple.protocol == tuple.protocol && (nameless || faded)) pending = at;
  }
  return pending;
}

uint32_t SocketTable::findByTuple(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event) {
  for (uint32_t at = byTuple_.first(hashOf(tuple)); at != kNoEntry; at = byTuple_.next(at)) {
    SocketBinding& binding = slots_[at].binding;
    if (!(binding.tuple == tuple) || !sameNetns(binding.netnsCookie, binding.netns, socket.netns_cookie, socket.netns)) {
      continue;
    }
    if (!binding.open()) {
      if (binding.otherCookie == socket.cookie && !isNextOne(binding, socket, event)) return at;
      continue;
    }
    if (binding.mptcp || socket.protocol == kMptcp) {
      if (binding.otherCookie == 0) binding.otherCookie = socket.cookie;
      return at;
    }
    // Another socket has this name now, so the end of the one before was not told.
    if (event.kind != WEIR_CLOSE && event.time_ns >= binding.seenNs) end(at, event.time_ns);
    break;
  }
  return kNoEntry;
}

uint32_t SocketTable::add(const weir_socket& socket, const SocketTuple& tuple, const weir_event& event,
                          EventOrigin origin) {
  makeRoom(event.time_ns);
  uint32_t entry;
  if (free_.empty()) {
    entry = slots_.add();
  } else {
    entry = free_.back();
    free_.pop_back();
    slots_[entry] = Slot{};
  }
  Slot& slot = slots_[entry];
  SocketBinding& binding = slot.binding;
  binding.tuple = tuple;
  binding.cookie = socket.cookie;
  binding.netnsCookie = socket.netns_cookie;
  binding.netns = socket.netns;
  binding.origin = origin;
  binding.firstNs = binding.seenNs = event.time_ns;
  binding.mptcp = socket.protocol == kMptcp;
  binding.listener = tuple.protocol == IPPROTO_TCP && !tuple.raw &&
                     (event.kind == WEIR_LISTEN || socket.state == kTcpListen);
  binding.startNs = event.kind == WEIR_CONNECT ? event.time_ns : earliestStart(socket, tuple, origin);
  if (event.kind == WEIR_SNAPSHOT && origin == EventOrigin::diag) {
    binding.startNs = std::max(binding.startNs, previousPassNs_);
  }
  slot.pass = pass_;
  if (tuple.protocol != IPPROTO_TCP) inherit(entry, socket.cookie);
  byCookie_.insert(hashOf(socket.cookie), entry);
  place(entry);
  open_.pushBack(entry, linkOf());
  return entry;
}

// Into the index that its names allow.
void SocketTable::place(uint32_t entry) {
  Slot& slot = slots_[entry];
  const SocketTuple& tuple = slot.binding.tuple;
  if (isConnected(tuple)) {
    byTuple_.insert(hashOf(tuple), entry);
    slot.inTuple = true;
  }
  const bool portless = !hasPorts(tuple.protocol) || tuple.raw;
  if (portless || hasExclusivePort(tuple) || (tuple.localPort != 0 && tuple.remotePort == 0)) {
    byPort_.insert(hashOf(tuple.protocol, tuple.raw, portKey(tuple)), entry);
    slot.inPort = true;
  }
}

void SocketTable::displace(uint32_t entry) {
  Slot& slot = slots_[entry];
  const SocketTuple& tuple = slot.binding.tuple;
  if (slot.inTuple) byTuple_.erase(hashOf(tuple), entry);
  if (slot.inPort) byPort_.erase(hashOf(tuple.protocol, tuple.raw, portKey(tuple)), entry);
  slot.inTuple = slot.inPort = false;
}

// The end of the last one that had this name, or a datagram socket's port, before: it cannot have been open then.
uint64_t SocketTable::earliestStart(const weir_socket& socket, const SocketTuple& tuple, EventOrigin origin) const {
  uint64_t start = 0;
  const auto look = [&](const SocketBinding& other) {
    if (other.open() || other.cookie == socket.cookie) return;
    if (!sameNetns(other.netnsCookie, other.netns, socket.netns_cookie, socket.netns)) return;
    start = std::max(start, other.endNs);
  };
  if (isConnected(tuple)) withTuple(tuple, look);
  const bool alone = origin == EventOrigin::bpf && hasExclusivePort(tuple) && (socket.flags & WEIR_SHARES_PORT) == 0;
  return alone ? std::max(start, portFreeSince(socket, tuple)) : start;
}

// By the sockets that were there before, the latest first.
uint64_t SocketTable::portFreeSince(const weir_socket& socket, const SocketTuple& tuple) const {
  uint64_t since = 0;
  unsigned looks = 0;
  uint32_t at = byPort_.first(hashOf(tuple.protocol, false, tuple.localPort));
  for (; at != kNoEntry && looks < kPortLooks; at = byPort_.next(at), looks++) {
    const SocketBinding& other = slots_[at].binding;
    const bool same = other.tuple.protocol == tuple.protocol && !other.tuple.raw && other.tuple.localPort == tuple.localPort;
    if (!same || !other.closed || other.cookie == socket.cookie || !excludes(other.tuple.local, tuple.local)) continue;
    if (!sameNetns(other.netnsCookie, other.netns, socket.netns_cookie, socket.netns)) continue;
    since = std::max(since, other.endNs);
  }
  return since;
}

// A datagram socket under another name (it was connected, or disconnected) has the users it had.
void SocketTable::inherit(uint32_t entry, uint64_t cookie) {
  SocketBinding& binding = slots_[entry].binding;
  withCookie(cookie, [&](const SocketBinding& other) {
    if (binding.users.empty() && other.tuple.protocol == binding.tuple.protocol) binding.users = other.users;
  });
}

void SocketTable::adoptTuple(uint32_t entry, const SocketTuple& tuple) {
  SocketBinding& binding = slots_[entry].binding;
  if (binding.tuple == tuple || (tuple.localPort == 0 && hasPorts(tuple.protocol))) return;
  displace(entry);
  binding.tuple = tuple;
  place(entry);
  // The end of one that has the same name was not told.
  for (uint32_t at = byTuple_.first(hashOf(tuple)); at != kNoEntry; at = byTuple_.next(at)) {
    const SocketBinding& other = slots_[at].binding;
    const bool same = other.tuple == tuple && sameNetns(other.netnsCookie, other.netns, binding.netnsCookie, binding.netns);
    if (at != entry && same && other.open() && !other.mptcp && !binding.mptcp) {
      end(at, std::max(binding.startNs, other.seenNs));
    }
  }
}

void SocketTable::end(uint32_t entry, uint64_t ns) {
  SocketBinding& binding = slots_[entry].binding;
  if (!binding.open()) return;
  binding.endNs = std::max(ns, binding.startNs);
  open_.remove(entry, linkOf());
  ended_.pushBack(entry, linkOf());
}

void SocketTable::reopen(uint32_t entry) {
  SocketBinding& binding = slots_[entry].binding;
  if (binding.open() || binding.closed) return;
  binding.endNs = kStillOpen;
  ended_.remove(entry, linkOf());
  open_.pushBack(entry, linkOf());
}

void SocketTable::remove(uint32_t entry) {
  displace(entry);
  byCookie_.erase(hashOf(slots_[entry].binding.cookie), entry);
  (slots_[entry].binding.open() ? open_ : ended_).remove(entry, linkOf());
  slots_[entry].binding.users.clear();
  free_.push_back(entry);
}

void SocketTable::makeRoom(uint64_t nowNs) {
  if (size() < options_.capacity) return;
  if (ended_.head != kNoEntry) {
    const SocketBinding& oldest = slots_[ended_.head].binding;
    const bool tcp = oldest.closed && oldest.tuple.protocol == IPPROTO_TCP;
    if (oldest.endNs + (tcp ? options_.keepClosedNs : options_.keepNs) >= nowNs) forgottenEarly_++;
    remove(ended_.head);
    return;
  }
  for (unsigned looks = 0; looks < kEvictionLooks && slots_[open_.head].binding.listener; looks++) {
    const uint32_t listener = open_.head;
    open_.remove(listener, linkOf());
    open_.pushBack(listener, linkOf());
  }
  remove(open_.head);
  evicted_++;
}

void SocketTable::forget(uint64_t nowNs) {
  while (ended_.head != kNoEntry && slots_[ended_.head].binding.endNs + options_.keepNs < nowNs) remove(ended_.head);
}

std::unordered_set<uint64_t> SocketTable::namespaces() const {
  std::unordered_set<uint64_t> cookies;
  for (uint32_t at = open_.head; at != kNoEntry; at = slots_[at].link.behind) cookies.insert(slots_[at].binding.netnsCookie);
  return cookies;
}

uint32_t SocketTable::onOwner(uint32_t entry, const weir_owner_event& event) {
  SocketBinding& binding = slots_[entry].binding;
  reopen(entry);
  const bool first = binding.users.empty();
  const bool known = binding.several || hasUser(binding, processKeyOf(event.process));
  if (binding.several) binding.users.clear();  // who of them it is shows now
  binding.several = false;
  binding.origin = EventOrigin::bpf;
  binding.use(event.process, event.event.time_ns);
  if (known) return 0;
  const bool accepts = first && !binding.connector && binding.tuple.protocol == IPPROTO_TCP;
  return bit(accepts ? EventType::accept : EventType::use);
}

// Names the process only where nobody is known: the last one to close need not be the one that used it.
uint32_t SocketTable::onRelease(uint32_t entry, const weir_owner_event& event) {
  SocketBinding& binding = slots_[entry].binding;
  const bool tcp = binding.tuple.protocol == IPPROTO_TCP && !binding.tuple.raw;
  uint32_t events = 0;
  if (event.event.size >= sizeof(weir_snapshot_event)) {  // datagrams, with sums
    binding.health = reinterpret_cast<const weir_snapshot_event&>(event).health;
    binding.healthNs = event.event.time_ns;
  }
  if (binding.users.empty() && event.process.tgid != 0) {
    binding.use(event.process, event.event.time_ns);
    if (tcp && !binding.connector && !binding.listener) events |= bit(EventType::accept);
    if (!tcp) events |= bit(EventType::use);
  }
  if (tcp && !binding.listener) return events;  // CLOSE is its end
  binding.closed = true;
  binding.state = kTcpClose;
  end(entry, event.event.time_ns);
  if (!tcp) endSiblings(binding, event.event.time_ns);
  return tcp ? events : events | bit(EventType::close);
}

void SocketTable::endSiblings(const SocketBinding& binding, uint64_t ns) {
  for (uint32_t at = byCookie_.first(hashOf(binding.cookie)); at != kNoEntry; at = byCookie_.next(at)) {
    SocketBinding& other = slots_[at].binding;
    if (other.cookie != binding.cookie || other.tuple.protocol != binding.tuple.protocol) continue;
    end(at, ns);
    other.closed = true;
  }
}

uint32_t SocketTable::onClose(uint32_t entry, const weir_close_event& event) {
  SocketBinding& binding = slots_[entry].binding;
  if (!binding.closed && !binding.listener) {
    binding.health = event.health;
    binding.healthNs = event.event.time_ns;
  }
  const bool again = binding.closed;
  if (!binding.open()) reopen(entry);  // the guess was early
  binding.closed = true;
  binding.state = kTcpClose;
  end(entry, event.event.time_ns);
  if (again || binding.listener) return 0;
  return bit(event.socket.old_state == kTcpSynSent ? EventType::refused : EventType::close);
}

void SocketTable::onSnapshot(uint32_t entry, const weir_snapshot_event& event, EventOrigin origin) {
  SocketBinding& binding = slots_[entry].binding;
  const bool firstHolder = std::exchange(slots_[entry].pass, pass_) != pass_;
  if (event.socket.state == kTcpListen && !binding.tuple.raw) binding.listener = binding.tuple.protocol == IPPROTO_TCP;
  if (binding.closed) {
    if (binding.users.empty()) binding.use(event.process, event.event.time_ns);
    return;
  }
  reopen(entry);
  if (binding.tuple.protocol == IPPROTO_TCP && !binding.listener) {
    binding.health = event.health;
    binding.healthNs = event.event.time_ns;
  }
  const ProcessKey key = processKeyOf(event.process);
  if (key.tgid == 0) return;  // sock_diag: no process has it
  if (binding.users.empty()) {
    binding.origin = origin;
    binding.use(event.process, 0);
    return;
  }
  if (binding.origin == EventOrigin::bpf) return;  // an event knew better
  binding.addHolder({key, event.process.tid, event.event.time_ns}, firstHolder);
}

void SocketTable::beginPass(uint64_t sinceNs) {
  pass_++;
  previousPassNs_ = passNs_;
  passNs_ = sinceNs;
}

void SocketTable::endPass(bool complete) {
  for (uint32_t at = open_.head; at != kNoEntry;) {
    const uint32_t next = slots_[at].link.behind;
    const SocketBinding& binding = slots_[at].binding;
    const bool held = complete || binding.listener || binding.tuple.protocol != IPPROTO_TCP;
    if (slots_[at].pass != pass_ && held && binding.seenNs < passNs_) end(at, passNs_);
    at = next;
  }
}

}  // namespace weir
