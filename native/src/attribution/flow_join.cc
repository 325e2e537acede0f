#include "attribution/flow_join.h"

#include <algorithm>

namespace weir {

namespace {

// Packets of a connection come late (retransmissions, resets); those of an unconnected socket's port may be another one's.
constexpr int64_t kTupleSlackNs = 1'000'000'000, kPortSlackNs = 100'000'000;
constexpr uint64_t kClockSlackNs = 1'000'000;   // between the times of packets and of events
constexpr uint64_t kFirstUseNs = 100'000'000;   // so soon a process receives what has arrived

constexpr int kConnectedRank = 8;

// Time that both have in common; negative: the gap between them.
int64_t overlap(const FlowSpan& open, const FlowSpan& span) {
  const uint64_t from = std::max(open.startNs, span.startNs), to = std::min(open.endNs, span.endNs);
  return static_cast<int64_t>(std::min<uint64_t>(to, INT64_MAX)) - static_cast<int64_t>(from);
}

int64_t overlap(const SocketBinding& binding, const FlowSpan& span) {
  return overlap(FlowSpan{binding.startNs, binding.endNs}, span);
}

// Whether the flow's last packet is of this socket and not a late one of the socket whose port it took over.
bool surelyLater(const SocketBinding& binding, uint64_t previousEndNs, const FlowSpan& span) {
  if (binding.firstNs <= span.endNs) return true;
  return span.endNs > previousEndNs + kClockSlackNs && binding.firstNs <= span.endNs + kFirstUseNs;
}

// The better of two bindings of one tuple: a connection's own time; of datagram sockets the latest, it is who uses the flow
// at its end. Then the one whose process is known.
bool better(const SocketBinding& a, const SocketBinding& b, const FlowSpan& span) {
  const int64_t overlapA = overlap(a, span), overlapB = overlap(b, span);
  const bool datagrams = a.tuple.protocol != IPPROTO_TCP && overlapA >= 0 && overlapB >= 0;
  if (!datagrams && overlapA != overlapB) return overlapA > overlapB;
  if (a.users.empty() != b.users.empty()) return b.users.empty();
  return a.startNs != b.startNs ? a.startNs > b.startNs : a.seenNs > b.seenNs;
}

bool isIn(const SocketBinding& binding, const FlowPlace& place) {
  return sameNetns(binding.netnsCookie, binding.netns, place.netnsCookie, place.netns);
}

bool isBoundTo(const Address& bound, const Address& address) {
  return bound == address || bound == kAny6 || (bound == kAny4 && isIp4(address));
}

bool isWeak(MatchMethod method) {
  return method == MatchMethod::none || method == MatchMethod::wildcard || method == MatchMethod::listener;
}

bool isEcho(uint8_t protocol) { return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6; }

}  // namespace

SocketTuple tupleOfSide(const FlowKey& key, unsigned side) {
  SocketTuple tuple;
  tuple.local = key.address[side];
  tuple.remote = key.address[side ^ 1];
  tuple.localPort = key.port[side];
  tuple.remotePort = key.port[side ^ 1];
  tuple.protocol = key.protocol;
  return tuple;
}

FlowEnds FlowJoin::join(const FlowKey& key, DirectionMethod direction, const FlowPlace& place,
                        const FlowSpan& span) const {
  FlowEnds ends;
  for (unsigned side = 0; side < 2; side++) {
    // The kernel itself answers echo requests and sends ICMP errors.
    if (isEcho(key.protocol) && (side != 0 || direction != DirectionMethod::request)) continue;
    ends.end[side] = match(tupleOfSide(key, side), place, span);
  }
  behindNat(key, place, span, ends);
  // One socket is at one end; its own tuple is the better reason.
  if (ends.end[0].binding != nullptr && ends.end[0].binding == ends.end[1].binding) {
    for (FlowEnd& end : ends.end) {
      if (end.method == MatchMethod::wildcard) end = FlowEnd{};
    }
  }
  for (unsigned side = 0; side < 2; side++) {
    const MatchMethod method = ends.end[side].method;
    const bool unsure = method == MatchMethod::none || method == MatchMethod::listener;
    if (unsure && hasPorts(key.protocol) && addresses_.has(place.netnsCookie, key.address[side])) ends.missing = true;
  }
  return ends;
}

FlowEnd FlowJoin::match(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const {
  const bool tcp = tuple.protocol == IPPROTO_TCP;
  const SocketBinding* connected = isConnected(tuple) ? exact(tuple, place, span) : nullptr;
  const bool named = connected != nullptr && !connected->users.empty();
  FlowEnd end;
  if (connected != nullptr && (tcp || !named)) {
    end = answer(connected, MatchMethod::exact, span);
    if (named || byCookie(end, span)) return end;
  }
  // Behind a host's veth: the one other namespace that has the address.
  FlowPlace other = place;
  const uint64_t cookie = addresses_.has(place.netnsCookie, tuple.local) || isLoopback(tuple.local)
                              ? 0
                              : addresses_.otherThan(place.netnsCookie, tuple.local);
  if (cookie != 0) other = {cookie, 0, false};
  end = tcp ? listener(tuple, other, span) : datagrams(tuple, named ? connected : nullptr, other, span);
  if (connected != nullptr && !named) end.binding = connected;  // its numbers are the flow's, whoever owns it
  return end;
}

const SocketBinding* FlowJoin::exact(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const {
  const SocketBinding* here = nullptr;
  const SocketBinding* elsewhere = nullptr;
  bool several = false;
  sockets_.withTuple(tuple, [&](const SocketBinding& binding) {
    if (overlap(binding, span) < -kTupleSlackNs) return;
    if (isIn(binding, place)) {
      if (here == nullptr || better(binding, *here, span)) here = &binding;
      return;
    }
    const bool another = elsewhere != nullptr && !sameNetns(binding.netnsCookie, binding.netns, elsewhere->netnsCookie,
                                                            elsewhere->netns);
    several = several || another;
    if (elsewhere == nullptr || better(binding, *elsewhere, span)) elsewhere = &binding;
  });
  if (here != nullptr) return here;
  return several || isLoopback(tuple.local) ? nullptr : elsewhere;
}

FlowEnd FlowJoin::answer(const SocketBinding* binding, MatchMethod method, const FlowSpan& span) const {
  FlowEnd end;
  end.binding = binding;
  const SocketUser* user = binding->userAt(span.endNs);
  if (user == nullptr) return end;
  end.user = *user;
  if (!(binding->users.front().process == user->process)) end.opener = binding->users.front();
  end.method = method;
  end.tentative = binding->several || binding->takesTurns(method == MatchMethod::wildcard ? span.startNs : span.endNs, span.endNs);
  if (method != MatchMethod::exact) return end;
  if (binding->origin == EventOrigin::snapshot) end.method = MatchMethod::snapshot;
  if (binding->origin == EventOrigin::diag) end.method = MatchMethod::diag;
  return end;
}

// The tuple came without a process: another binding of the same socket may have one.
bool FlowJoin::byCookie(FlowEnd& end, const FlowSpan& span) const {
  const SocketBinding& nameless = *end.binding;
  const SocketBinding* found = nullptr;
  const auto look = [&](const SocketBinding& other) {
    if (other.users.empty() || other.listener || other.tuple.protocol != nameless.tuple.protocol) return;
    if (!sameNetns(other.netnsCookie, other.netns, nameless.netnsCookie, nameless.netns)) return;
    if (overlap(other, span) < -kTupleSlackNs) return;
    if (found == nullptr || better(other, *found, span)) found = &other;
  };
  sockets_.withCookie(nameless.cookie, look);
  if (nameless.otherCookie != 0) sockets_.withCookie(nameless.otherCookie, look);
  if (found == nullptr) return false;
  end = answer(found, MatchMethod::cookie, span);
  end.binding = &nameless;
  return true;
}

// Sockets follow each other at one port, connected or not, within one flow too: the last of them has it.
FlowEnd FlowJoin::datagrams(const SocketTuple& tuple, const SocketBinding* connected, const FlowPlace& place,
                            const FlowSpan& span) const {
  Candidates found;
  if (connected != nullptr) {
    sockets_.withTuple(tuple, [&](const SocketBinding& binding) {
      const int64_t common = overlap(binding, span);
      if (common < -kTupleSlackNs || binding.users.empty()) return;
      if (!sameNetns(binding.netnsCookie, binding.netns, connected->netnsCookie, connected->netns)) return;
      found.push_back({&binding, kConnectedRank, {binding.startNs, binding.endNs}, common});
    });
  }
  addWildcards(tuple, place, span, found);
  return latestOf(found, span);
}

// Unconnected sockets by their local port, raw and ping ones by their protocol.
void FlowJoin::addWildcards(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span,
                            Candidates& found) const {
  if (!addresses_.has(place.netnsCookie, tuple.local)) return;
  const bool ports = hasPorts(tuple.protocol);
  const auto look = [&](const SocketBinding& binding) {
    if (!isIn(binding, place) || binding.users.empty()) return;
    const bool remoteFits = isAny(binding.tuple.remote) || binding.tuple.remote == tuple.remote;
    if (!isBoundTo(binding.tuple.local, tuple.local) || !remoteFits) return;
    const FlowSpan life = life_(binding.userAt(span.endNs)->process);
    if (life.endNs < span.startNs || (!ports && life.startNs > span.endNs)) return;
    // Nothing but its first user tells when one without a port began.
    const uint64_t bornNs = ports ? 0 : life_(binding.users.front().process).startNs;
    const FlowSpan open{std::max(binding.startNs, bornNs), binding.endNs};
    const int64_t common = overlap(open, span);
    if (common < -kPortSlackNs) return;
    found.push_back({&binding, (isAny(binding.tuple.remote) ? 0 : 2) + (isAny(binding.tuple.local) ? 0 : 1), open, common});
  };
  sockets_.withPort(tuple.protocol, false, ports ? tuple.localPort : 0, look);
  if (!ports) sockets_.withPort(tuple.protocol, true, 0, look);
}

FlowEnd FlowJoin::latestOf(Candidates& found, const FlowSpan& span) const {
  if (found.empty()) return {};
  int64_t nearest = INT64_MIN;
  uint64_t latestStart = 0;
  for (const Candidate& one : found) nearest = std::max(nearest, std::min<int64_t>(one.overlapNs, 0));
  std::erase_if(found, [nearest](const Candidate& one) { return one.overlapNs < nearest; });
  for (const Candidate& one : found) latestStart = std::max(latestStart, one.open.startNs);
  const SocketBinding* previous = nullptr;  // the flow was its, then another one's
  std::erase_if(found, [&](const Candidate& one) {
    const bool over = one.open.endNs <= latestStart && one.open.startNs < latestStart;
    if (over && (previous == nullptr || one.open.endNs > previous->endNs)) previous = one.binding;
    return over;
  });
  const auto userOf = [&span](const SocketBinding& binding) -> const SocketUser& { return *binding.userAt(span.endNs); };
  const Candidate* best = &found.front();
  for (const Candidate& one : found) {
    const bool later = userOf(*one.binding).sinceNs > userOf(*best->binding).sinceNs;
    if (one.rank > best->rank || (one.rank == best->rank && later)) best = &one;
  }
  FlowEnd end = answer(best->binding, best->rank == kConnectedRank ? MatchMethod::exact : MatchMethod::wildcard, span);
  const auto isAnother = [&](const SocketBinding& binding) { return !(userOf(binding).process == end.user.process); };
  for (const Candidate& one : found) {
    if (one.rank == best->rank && one.rank != kConnectedRank && isAnother(*one.binding)) end.tentative = true;
  }
  if (previous != nullptr && isAnother(*previous) && !surelyLater(*best->binding, previous->endNs, span)) end.tentative = true;
  return end;
}

FlowEnd FlowJoin::listener(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const {
  if (!addresses_.has(place.netnsCookie, tuple.local)) return {};
  const SocketBinding* found = nullptr;
  sockets_.withPort(tuple.protocol, false, tuple.localPort, [&](const SocketBinding& binding) {
    if (!binding.listener || !isIn(binding, place) || binding.users.empty()) return;
    if (!isBoundTo(binding.tuple.local, tuple.local) || overlap(binding, span) < -kPortSlackNs) return;
    if (life_(binding.userAt(span.endNs)->process).endNs < span.startNs) return;
    if (found == nullptr || better(binding, *found, span)) found = &binding;
  });
  if (found == nullptr) return {};
  FlowEnd end = answer(found, MatchMethod::listener, span);
  end.binding = nullptr;  // its numbers are not the flow's
  end.tentative = true;
  return end;
}

// Sockets know their own side of a translation: the client's what stands before it, the server's what stands behind. Where
// the flow was seen on the other side, a weak key there (a port of this host) is another socket's.
void FlowJoin::behindNat(const FlowKey& key, const FlowPlace& place, const FlowSpan& span, FlowEnds& ends) const {
  if (!translate_ || !place.translated || isLoopback(key.address[0]) || isLoopback(key.address[1])) return;
  ends.nat = translate_({key.address[0], key.address[1], key.port[0], key.port[1], key.protocol}, span.endNs);
  if (!ends.nat || isEcho(key.protocol)) return;
  FlowKey other = key;
  other.address[0] = ends.nat->other.source;
  other.address[1] = ends.nat->other.destination;
  other.port[0] = ends.nat->other.sourcePort;
  other.port[1] = ends.nat->other.destinationPort;
  const unsigned side = ends.nat->observedAfter ? ends.nat->client : ends.nat->client ^ 1;
  if (isWeak(ends.end[side].method)) ends.end[side] = match(tupleOfSide(other, side), place, span);
}

FlowEnd FlowJoin::socketEnd(const SocketTuple& tuple, uint64_t cookie, const FlowPlace& place,
                            const FlowSpan& span) const {
  const SocketBinding* found = nullptr;
  const SocketBinding* any = nullptr;
  sockets_.withCookie(cookie, [&](const SocketBinding& binding) {
    if (!isIn(binding, place) || binding.tuple.protocol != tuple.protocol) return;
    if (binding.tuple.local == tuple.local && binding.tuple.localPort == tuple.localPort &&
        binding.tuple.remotePort == tuple.remotePort && !binding.users.empty()) {
      found = &binding;
    }
    if (!binding.listener && !binding.users.empty()) any = &binding;
  });
  if (found != nullptr) return answer(found, MatchMethod::exact, span);
  FlowEnd end = match(tuple, place, span);
  if (end.method == MatchMethod::none && any != nullptr) end = answer(any, MatchMethod::cookie, span);
  return end;
}

FlowRole FlowJoin::roleOf(const FlowEnd& end) const {
  if (end.method == MatchMethod::listener) return FlowRole::server;
  const SocketBinding* binding = end.binding;
  if (binding == nullptr || binding->tuple.protocol != IPPROTO_TCP) return FlowRole::unknown;
  if (binding->connector) return FlowRole::client;
  bool listens = false;
  const SocketTuple& tuple = binding->tuple;
  const FlowPlace place{binding->netnsCookie, binding->netns, false};
  const FlowSpan span{binding->startNs, binding->endNs};
  sockets_.withPort(tuple.protocol, false, tuple.localPort, [&](const SocketBinding& other) {
    if (other.listener && isIn(other, place) && isBoundTo(other.tuple.local, tuple.local) && overlap(other, span) >= 0) {
      listens = true;
    }
  });
  if (listens) return FlowRole::server;
  // Older than the probe: nobody listens where it comes from, and its port is a passing one.
  const bool older = binding->origin != EventOrigin::bpf;
  return older && tuple.localPort > tuple.remotePort ? FlowRole::client : FlowRole::unknown;
}

}  // namespace weir
