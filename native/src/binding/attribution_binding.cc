#include "binding/attribution_binding.h"

namespace weir::binding {

namespace {

constexpr const char* kTiers[] = {"off", "diag", "bpf"};
constexpr const char* kMethods[] = {"none", "exact", "cookie", "wildcard", "listener", "snapshot", "diag"};
constexpr const char* kLevels[] = {"info", "warning", "error"};
const std::initializer_list<std::string_view> kEventTypes = {
    "none", "connect", "accept", "use", "listen", "close", "retransmit", "refused", "exec", "exit", "fork"};

bool asks(const AttributionOptions& options, EventType type) {
  return (options.events & 1u << static_cast<unsigned>(type)) != 0;
}

AttributionOptions optionsOf(const Napi::Object& from) {
  enum class Tier : uint8_t { automatic, bpf, diag };
  enum class CommandLine : uint8_t { full, redacted, off };
  AttributionOptions options;
  const Tier tier = choiceOf<Tier>(textOf(from, "tier"), {"auto", "bpf", "diag"});
  options.tier = tier == Tier::diag ? AttributionTier::diag : AttributionTier::bpf;
  options.required = tier != Tier::automatic;
  options.flows = flagOf(from, "flows");
  options.packets = flagOf(from, "packets");
  const auto events = from.Get("events").As<Napi::Array>();
  for (uint32_t i = 0; i < events.Length(); i++) {
    options.events |= 1u << static_cast<unsigned>(choiceOf<EventType>(events.Get(i).As<Napi::String>(), kEventTypes));
  }
  options.activeTimeoutNs = nsOf(from, "activeTimeoutMs");
  options.idleTimeoutNs = nsOf(from, "idleTimeoutMs");
  options.lingerNs = nsOf(from, "lingerMs");
  options.sockets = u32Of(from, "sockets");
  options.processes = u32Of(from, "processes");
  const auto line = choiceOf<CommandLine>(textOf(from, "commandLine"), {"full", "redacted", "off"});
  options.commandLines = line != CommandLine::off;
  options.redact = line != CommandLine::full;
  options.ancestors = u32Of(from, "ancestors");
  options.bpf.sends = flagOf(from, "sends");
  // Without packets nothing else tells the octets of datagrams.
  options.bpf.lengths = options.flows && (options.bpf.sends || !options.packets);
  options.bpf.stateTimes = flagOf(from, "stateTimes");
  options.bpf.retransmits = asks(options, EventType::retransmit);
  options.bpf.forks = asks(options, EventType::fork);
  options.conntrack = flagOf(from, "conntrack");
  options.nodeName = textOf(from, "nodeName");
  return options;
}

Napi::Object statusOf(Napi::Env env, const AttributionStatus& status) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("tier", kTiers[static_cast<size_t>(status.tier)]);
  result.Set("reason", status.reason);
  result.Set("conntrack", status.conntrack);
  result.Set("cgroup", status.cgroup);
  Napi::Array programs = Napi::Array::New(env);
  for (const BpfProgramStatus& program : status.programs) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", program.name);
    entry.Set("purpose", program.purpose);
    entry.Set("attached", program.attached);
    entry.Set("wanted", program.wanted);
    entry.Set("reason", program.reason);
    programs.Set(programs.Length(), entry);
  }
  result.Set("programs", programs);
  return result;
}

ContainerFacts factsOf(const Napi::Object& from) {
  ContainerFacts facts;
  facts.id = textOf(from, "id");
  facts.name = textOf(from, "name");
  facts.image = textOf(from, "image");
  facts.runtime = textOf(from, "runtime");
  facts.labels = textOf(from, "labels");
  facts.podName = textOf(from, "podName");
  facts.podNamespace = textOf(from, "podNamespace");
  facts.podUid = textOf(from, "podUid");
  facts.podLabels = textOf(from, "podLabels");
  facts.workload = textOf(from, "workload");
  facts.nodeName = textOf(from, "nodeName");
  return facts;
}

Napi::Value probe(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value { return statusOf(info.Env(), probeAttribution()); });
}

}  // namespace

AttributionObject::AttributionObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<AttributionObject>(info) {
  guarded(info.Env(), [&] {
    const AttributionOptions options = optionsOf(info[0].As<Napi::Object>());
    attribution_ = std::make_unique<Attribution>(options, [this] { wake(); });
    // Behind what may throw, as the Meter's: it keeps Node running until it is released. Nothing wakes before start().
    onWake_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "weir attribution", 0, 1);
  });
}

AttributionObject::~AttributionObject() { shut(); }

Napi::Function AttributionObject::define(Napi::Env env) {
  return DefineClass(env, "Attribution",
                     {InstanceAccessor<&AttributionObject::stride>("stride"),
                      InstanceMethod<&AttributionObject::start>("start"),
                      InstanceMethod<&AttributionObject::status>("status"),
                      InstanceMethod<&AttributionObject::counters>("counters"),
                      InstanceMethod<&AttributionObject::stalled>("stalled"),
                      InstanceMethod<&AttributionObject::takeEvents>("takeEvents"),
                      InstanceMethod<&AttributionObject::wantedContainers>("wantedContainers"),
                      InstanceMethod<&AttributionObject::setContainers>("setContainers"),
                      InstanceMethod<&AttributionObject::notices>("notices"),
                      InstanceMethod<&AttributionObject::close>("close")});
}

// Any thread. One call is in flight at most.
void AttributionObject::wake() {
  if (wakePending_.exchange(true)) return;
  onWake_.NonBlockingCall();
}

Napi::Value AttributionObject::stride(const Napi::CallbackInfo& info) {
  return number(info.Env(), sizeof(FlowRecord));
}

void AttributionObject::start(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { attribution_->start(); });
}

Napi::Value AttributionObject::status(const Napi::CallbackInfo& info) {
  return statusOf(info.Env(), attribution_->status());
}

Napi::Value AttributionObject::counters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const AttributionCounters sums = attribution_->counters();
  Napi::Object result = Napi::Object::New(env);
  const auto set = [&](const char* key, uint64_t value) { result.Set(key, number(env, value)); };
  set("kernelEvents", sums.kernel.events);
  set("kernelDropped", sums.kernel.dropped);
  set("kernelRateLimited", sums.kernel.rateLimited);
  set("sockets", sums.sockets);
  set("socketsEnded", sums.socketsEnded);
  set("socketsEvicted", sums.socketsEvicted);
  set("socketsForgottenEarly", sums.socketsForgottenEarly);
  set("processes", sums.processes);
  set("processesEvicted", sums.processesEvicted);
  set("processesRead", sums.processesRead);
  set("processesMissed", sums.processesMissed);
  set("readsDropped", sums.readsDropped);
  set("snapshots", sums.snapshots);
  set("containers", sums.containers);
  set("endsTentative", sums.endsTentative);
  set("flowsMade", sums.flowsMade);
  set("flowsDropped", sums.flowsDropped);
  set("eventsMade", sums.eventsMade);
  set("eventsDropped", sums.eventsDropped);
  set("profilesShortened", sums.profilesShortened);
  set("profilesDropped", sums.profilesDropped);
  set("translations", sums.conntrack.translated);
  set("translationsEvicted", sums.conntrack.evicted);
  set("conntrackOverruns", sums.conntrack.overruns);
  Napi::Object methods = Napi::Object::New(env);
  for (size_t i = 0; i < std::size(kMethods); i++) methods.Set(kMethods[i], number(env, sums.endsMatched[i]));
  result.Set("endsMatched", methods);
  return result;
}

Napi::Value AttributionObject::stalled(const Napi::CallbackInfo& info) {
  return listOf(info.Env(), attribution_->stalled(nsOf(info[0])));
}

Napi::Value AttributionObject::takeEvents(const Napi::CallbackInfo& info) {
  const auto batch = info[0].As<Napi::Object>();
  const Bytes records = bytesOf(batch.Get("records"));
  const Bytes heap = bytesOf(batch.Get("heap"));
  BatchBuffer buffer{records.data, sizeof(FlowRecord), 0, heap.data, heap.size};
  buffer.capacity = static_cast<uint32_t>(records.size / buffer.stride);
  wakePending_.store(false);
  if (!closed_) attribution_->takeEvents(buffer);
  uint64_t latestNs = 0;
  for (uint32_t i = 0; i < buffer.count; i++) {
    const auto& record = *reinterpret_cast<const FlowRecord*>(buffer.records + size_t{i} * buffer.stride);
    latestNs = std::max(latestNs, record.hot.endNs);
  }
  batch.Set("count", number(info.Env(), buffer.count));
  batch.Set("latestMs", number(info.Env(), (latestNs + 999'999) / 1'000'000));
  return number(info.Env(), buffer.count);
}

Napi::Value AttributionObject::wantedContainers(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  wakePending_.store(false);
  Napi::Array list = Napi::Array::New(env);
  for (const WantedContainer& container : attribution_->wantedContainers()) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("id", container.id);
    entry.Set("runtime", container.runtime);
    entry.Set("processId", number(env, container.processId));
    list.Set(list.Length(), entry);
  }
  return list;
}

void AttributionObject::setContainers(const Napi::CallbackInfo& info) {
  const auto list = info[0].As<Napi::Array>();
  std::vector<ContainerFacts> facts;
  for (uint32_t i = 0; i < list.Length(); i++) facts.push_back(factsOf(list.Get(i).As<Napi::Object>()));
  attribution_->setContainers(facts);
}

Napi::Value AttributionObject::notices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  wakePending_.store(false);
  for (const FrameSource::Notice& notice : attribution_->takeNotices()) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("kind", "notice");
    entry.Set("level", kLevels[notice.level]);
    entry.Set("code", notice.code);
    entry.Set("text", notice.text);
    list.Set(list.Length(), entry);
  }
  return list;
}

void AttributionObject::close(const Napi::CallbackInfo&) { shut(); }

void AttributionObject::shut() {
  if (closed_) return;
  closed_ = true;
  if (attribution_) attribution_->close();
  onWake_.Release();
}

void defineAttribution(Napi::Env env, Napi::Object exports) {
  exports.Set("Attribution", AttributionObject::define(env));
  exports.Set("probeAttribution", Napi::Function::New(env, probe, "probeAttribution"));
}

}  // namespace weir::binding
