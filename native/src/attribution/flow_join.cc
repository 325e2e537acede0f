#include "attribution/flow_join.h"

#include <algorithm>

namespace weir {

namespace {

// Packets of a connection come late (retransmissions, resets); those of an unconnected socket's port may be another one's.
constexpr int64_t kTupleSlackNs = 1'000'000'000, kPortSlackNs = 100'000'000;

// Time that both have in common; negative: the gap between them.
int64_t overlap(const SocketBinding& binding, const FlowSpan& span) {
  const uint64_t from = std::max(binding.startNs, span.startNs), to = std::min(binding.endNs, span.endNs);
  return static_cast<int64_t>(std::min<uint64_t>(to, INT64_MAX)) - static_cast<int64_t>(from);
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
  FlowEnd end;
  if (isConnected(tuple)) {
    const SocketBinding* binding = exact(tuple, place, span);
    if (binding != nullptr) {
      end = answer(binding, MatchMethod::exact, span);
      if (end.method != MatchMethod::none || byCookie(end, span)) return end;
    }
  }
  const SocketBinding* nameless = end.binding;
  // Behind a host's veth: the one other namespace that has the address.
  FlowPlace other = place;
  const uint64_t cookie = addresses_.has(place.netnsCookie, tuple.local) || isLoopback(tuple.local)
                              ? 0
                              : addresses_.otherThan(place.netnsCookie, tuple.local);
  if (cookie != 0) other = {cookie, 0, false};
  const bool port = tuple.protocol != IPPROTO_TCP;
  end = port ? wildcard(tuple, other, span) : listener(tuple, other, span);
  if (nameless != nullptr) end.binding = nameless;  // its numbers are the flow's, whoever owns it
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
  end.tentative = binding->several;
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

// Unconnected sockets by their local port, raw and ping ones by their protocol.
FlowEnd FlowJoin::wildcard(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const {
  if (!addresses_.has(place.netnsCookie, tuple.local)) return {};
  struct Choice {
    const SocketBinding* binding = nullptr;
    int rank = 0;
    bool several = false;
  } best;
  const auto look = [&](const SocketBinding& binding) {
    if (!isIn(binding, place) || overlap(binding, span) < -kPortSlackNs || binding.users.empty()) return;
    const bool remoteFits = isAny(binding.tuple.remote) || binding.tuple.remote == tuple.remote;
    if (!isBoundTo(binding.tuple.local, tuple.local) || !remoteFits) return;
    const SocketUser& user = *binding.userAt(span.endNs);
    if (!lives_(user.process, span.startNs)) return;
    const int rank = (isAny(binding.tuple.remote) ? 0 : 2) + (isAny(binding.tuple.local) ? 0 : 1) +
                     (overlap(binding, span) >= 0 ? 4 : 0);
    if (best.binding != nullptr && rank < best.rank) return;
    if (best.binding == nullptr || rank > best.rank) {
      best = {&binding, rank, false};
      return;
    }
    const SocketUser& known = *best.binding->userAt(span.endNs);
    const bool sameTime = overlap(binding, span) > 0 && overlap(*best.binding, span) > 0;
    if (!(known.process == user.process) && sameTime) best.several = true;
    if (user.sinceNs > known.sinceNs) best.binding = &binding;
  };
  const bool ports = hasPorts(tuple.protocol);
  sockets_.withPort(tuple.protocol, false, ports ? tuple.localPort : 0, look);
  if (!ports) sockets_.withPort(tuple.protocol, true, 0, look);
  if (best.binding == nullptr) return {};
  FlowEnd end = answer(best.binding, MatchMethod::wildcard, span);
  end.tentative = end.tentative || best.several;
  return end;
}

FlowEnd FlowJoin::listener(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const {
  if (!addresses_.has(place.netnsCookie, tuple.local)) return {};
  const SocketBinding* found = nullptr;
  sockets_.withPort(tuple.protocol, false, tuple.localPort, [&](const SocketBinding& binding) {
    if (!binding.listener || !isIn(binding, place) || binding.users.empty()) return;
    if (!isBoundTo(binding.tuple.local, tuple.local) || overlap(binding, span) < -kPortSlackNs) return;
    if (!lives_(binding.userAt(span.endNs)->process, span.startNs)) return;
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
