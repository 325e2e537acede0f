// Joins a flow's two ends to sockets: by namespace, tuple and time, then by weaker keys, each named in the answer. Wrong is
// worse than missing: a key that fits several sockets of different processes gives a tentative answer or none.
#pragma once

#include <functional>
#include <optional>

#include "attribution/conntrack.h"
#include "attribution/local_addresses.h"
#include "attribution/socket_table.h"

namespace weir {

// Where a flow was seen.
struct FlowPlace {
  uint64_t netnsCookie = 0;
  uint32_t netns = 0;
  bool translated = true;  // address translation of this namespace is followed
};

// When, in CLOCK_MONOTONIC.
struct FlowSpan {
  uint64_t startNs = 0, endNs = 0;
};

struct FlowEnd {
  const SocketBinding* binding = nullptr;  // may be known without a process
  MatchMethod method = MatchMethod::none;
  bool tentative = false;
  SocketUser user;    // at the flow's end; unless method is none
  SocketUser opener;  // process.tgid 0 = the same
};

struct FlowEnds {
  FlowEnd end[2];
  std::optional<NatView> nat;
  bool missing = false;  // a local end has no socket: a look at all open ones may help
};

// Who opened a connection, as far as its socket tells.
enum class FlowRole : uint8_t { unknown, client, server };

// A record's end as its socket is named.
SocketTuple tupleOfSide(const FlowKey& key, unsigned side);

class FlowJoin {
 public:
  using Translate = std::function<std::optional<NatView>(const NatTuple&, uint64_t atNs)>;
  using Life = std::function<FlowSpan(const ProcessKey&)>;

  // translate: empty = no conntrack. life: of a process, from its start, or earlier, to its end, or later.
  FlowJoin(const SocketTable& sockets, const LocalAddresses& addresses, Translate translate, Life life)
      : sockets_(sockets), addresses_(addresses), translate_(std::move(translate)), life_(std::move(life)) {}

  // key as in a record: endpoint 0 is the source.
  FlowEnds join(const FlowKey& key, DirectionMethod direction, const FlowPlace& place, const FlowSpan& span) const;
  // The end of a record made from socket events.
  FlowEnd socketEnd(const SocketTuple& tuple, uint64_t cookie, const FlowPlace& place, const FlowSpan& span) const;
  FlowRole roleOf(const FlowEnd& end) const;

 private:
  struct Candidate {
    const SocketBinding* binding;
    int rank;           // how near its name is to the flow's
    FlowSpan open;      // as far as it is known
    int64_t overlapNs;  // with the flow
  };
  using Candidates = std::vector<Candidate>;
  FlowEnd match(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const;
  const SocketBinding* exact(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const;
  FlowEnd answer(const SocketBinding* binding, MatchMethod method, const FlowSpan& span) const;
  bool byCookie(FlowEnd& end, const FlowSpan& span) const;
  FlowEnd datagrams(const SocketTuple& tuple, const SocketBinding* connected, const FlowPlace& place,
                    const FlowSpan& span) const;
  void addWildcards(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span, Candidates& found) const;
  FlowEnd latestOf(Candidates& found, const FlowSpan& span) const;
  FlowEnd listener(const SocketTuple& tuple, const FlowPlace& place, const FlowSpan& span) const;
  void behindNat(const FlowKey& key, const FlowPlace& place, const FlowSpan& span, FlowEnds& ends) const;

  const SocketTable& sockets_;
  const LocalAddresses& addresses_;
  Translate translate_;
  Life life_;
};

}  // namespace weir
