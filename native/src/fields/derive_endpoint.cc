// Derived fields of who is at the ends: texts over several members of a profile, address translation, events.
#include <string_view>

#include "fields/derive.h"
#include "fields/endpoint_profile.h"
#include "fields/text_value.h"

namespace weir::derive {
namespace {

constexpr size_t kShortId = 12;  // of a container, as runtimes print it

std::string_view textOf(const FlowRecord& record, unsigned side, const FieldContext& context,
                        TextRef EndpointProfile::* member) {
  const TextRef text = profileMember(record, side, context.heap, member);
  if (text.length == 0) return {};
  return {reinterpret_cast<const char*>(context.heap) + text.offset, text.length};
}

// Where a process runs: @namespace/pod, or @container; nothing for those of the host.
void addPlace(Appender& to, const FlowRecord& record, unsigned side, const FieldContext& context) {
  const std::string_view pod = textOf(record, side, context, &EndpointProfile::podName);
  const std::string_view name = textOf(record, side, context, &EndpointProfile::containerName);
  const std::string_view id = textOf(record, side, context, &EndpointProfile::containerId);
  if (!pod.empty()) {
    to.add("@");
    to.add(textOf(record, side, context, &EndpointProfile::podNamespace));
    to.add("/");
    to.add(pod);
  } else if (!name.empty() || !id.empty()) {
    to.add("@");
    to.add(name.empty() ? id.substr(0, kShortId) : name);
  }
}

// name(id)@place, with a ? behind who is tentative and in place of who is not known.
void addProcess(Appender& to, const FlowRecord& record, unsigned side, const FieldContext& context) {
  const uint32_t id = profileMember(record, side, context.heap, &EndpointProfile::processId);
  const std::string_view name = textOf(record, side, context, &EndpointProfile::name);
  to.add(name.empty() ? "?" : name);
  if (id != 0) {
    to.add("(");
    to.add(uint64_t{id});
    to.add(")");
  }
  addPlace(to, record, side, context);
  if (processTentative(record, side, context) != 0) to.add("?");
}

// One end of the flow before or behind address translation; no address where none is known.
struct NatEnd {
  const Address* address = nullptr;
  uint16_t port = 0;
};

NatEnd natEnd(const FlowRecord& record, unsigned side, bool behind) {
  const FlowEndpoint& endpoint = record.endpoint;
  const bool seenBehind = (endpoint.flags & kObservedAfterNat) != 0;
  if (!seenBehind && (endpoint.flags & kObservedBeforeNat) == 0) return {};
  if (seenBehind == behind) return {&record.hot.key.address[side], record.hot.key.port[side]};
  return {&endpoint.natAddress[side], endpoint.natPort[side]};
}

constexpr size_t kOctets4 = 4, kOctets6 = 16;

size_t natText(const FlowRecord& record, unsigned side, bool behind, size_t size, char* out, size_t capacity) {
  const NatEnd end = natEnd(record, side, behind);
  const uint8_t version = size == kOctets4 ? 4 : 6;
  if (end.address == nullptr || record.hot.key.ipVersion != version) return 0;
  return quotedAddress(version == 4 ? AF_INET : AF_INET6, end.address->data() + kOctets6 - size, out, capacity);
}

size_t natOctets(const FlowRecord& record, unsigned side, bool behind, size_t size, char* out, size_t capacity) {
  if (capacity < size) return 0;
  std::memset(out, 0, size);
  const NatEnd end = natEnd(record, side, behind);
  const uint8_t version = size == kOctets4 ? 4 : 6;
  if (end.address != nullptr && record.hot.key.ipVersion == version) {
    std::memcpy(out, end.address->data() + kOctets6 - size, size);
  }
  return size;
}

}  // namespace

size_t userName(const FlowRecord& record, unsigned side, const FieldContext& context, char* out, size_t capacity) {
  return copy(textOf(record, side, context, &EndpointProfile::user), out, capacity);
}

size_t flowProcesses(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                     size_t capacity) {
  if (record.endpoint.profile[0] == 0 && record.endpoint.profile[1] == 0) return 0;
  Appender text(out, capacity);
  addProcess(text, record, side, context);
  // An event is told of one process; the other end is there when it is known.
  if (record.endpoint.event != EventType::none && record.endpoint.profile[side ^ 1] == 0) return text.size();
  text.add(" > ");
  addProcess(text, record, side ^ 1, context);
  return text.size();
}

size_t orchestratorType(const FlowRecord& record, unsigned side, const FieldContext& context, char* out,
                        size_t capacity) {
  const bool isPod = !textOf(record, side, context, &EndpointProfile::podName).empty();
  return isPod ? copy("kubernetes", out, capacity) : 0;
}

size_t matchMethodName(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {
  static constexpr std::string_view kNames[] = {"none", "exact", "cookie", "wildcard", "listener", "snapshot", "diag"};
  const auto method = static_cast<size_t>(record.endpoint.match[side]);
  return method < std::size(kNames) ? copy(kNames[method], out, capacity) : 0;
}

uint64_t processTentative(const FlowRecord& record, unsigned side, const FieldContext&) {
  return record.endpoint.flags >> side & kTentative;
}

uint64_t recordFromSockets(const FlowRecord& record, unsigned, const FieldContext&) {
  return (record.endpoint.flags & kFromSockets) != 0 ? 1 : 0;
}

uint64_t preNatPort(const FlowRecord& record, unsigned side, const FieldContext&) {
  return natEnd(record, side, false).port;
}

uint64_t postNatPort(const FlowRecord& record, unsigned side, const FieldContext&) {
  return natEnd(record, side, true).port;
}

size_t eventName(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  static constexpr std::string_view kNames[] = {"",           "connect", "accept", "use",  "listen", "close",
                                                "retransmit", "refused", "exec",   "exit", "fork"};
  const auto event = static_cast<size_t>(record.endpoint.event);
  return event < std::size(kNames) ? copy(kNames[event], out, capacity) : 0;
}

size_t eventCategory(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  switch (record.endpoint.event) {
    case EventType::none: return 0;
    case EventType::exec:
    case EventType::exit:
    case EventType::fork: return copy("process", out, capacity);
    default: return copy("network", out, capacity);
  }
}

size_t eventPhase(const FlowRecord& record, unsigned, const FieldContext&, char* out, size_t capacity) {
  switch (record.endpoint.event) {
    case EventType::none: return 0;
    case EventType::connect:
    case EventType::accept:
    case EventType::use:
    case EventType::exec:
    case EventType::fork: return copy("start", out, capacity);
    case EventType::close:
    case EventType::exit: return copy("end", out, capacity);
    case EventType::refused: return copy("denied", out, capacity);
    default: return copy("info", out, capacity);
  }
}

#define WEIR_NAT_ADDRESS(name, behind, size)                                                                     \
  size_t name##Text(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) {  \
    return natText(record, side, behind, size, out, capacity);                                                   \
  }                                                                                                              \
  size_t name##Octets(const FlowRecord& record, unsigned side, const FieldContext&, char* out, size_t capacity) { \
    return natOctets(record, side, behind, size, out, capacity);                                                 \
  }
WEIR_NAT_ADDRESS(preNatAddress4, false, kOctets4)
WEIR_NAT_ADDRESS(preNatAddress6, false, kOctets6)
WEIR_NAT_ADDRESS(postNatAddress4, true, kOctets4)
WEIR_NAT_ADDRESS(postNatAddress6, true, kOctets6)
#undef WEIR_NAT_ADDRESS

}  // namespace weir::derive
