#include "binding/meter_binding.h"

#include <algorithm>

#include "binding/attribution_binding.h"
#include "binding/dpi_binding.h"
#include "encode/plan.h"
#include "fields/field_table.h"

namespace weir::binding {

namespace {

constexpr uint64_t kNsPerMs = 1'000'000;

uint32_t needsOf(const Napi::Array& indexes) {
  uint32_t needs = 0;
  for (uint32_t i = 0; i < indexes.Length(); i++) {
    const uint32_t index = indexes.Get(i).As<Napi::Number>().Uint32Value();
    if (index >= elements().size()) throw Error("WEIR_FIELD", "no element has index " + std::to_string(index));
    needs |= elements()[index].needs;
  }
  return needs;
}

CaptureDirection directionOf(const std::string& name) {
  if (name == "rx") return CaptureDirection::received;
  if (name == "tx") return CaptureDirection::sent;
  return CaptureDirection::both;
}

MeterOptions optionsOf(const Napi::Object& from) {
  MeterOptions options;
  const auto sources = from.Get("sources").As<Napi::Array>();
  for (uint32_t i = 0; i < sources.Length(); i++) {
    const auto source = sources.Get(i).As<Napi::Object>();
    const auto kind = choiceOf<SourceSpec::Kind>(textOf(source, "kind"), {"interface", "file", "sockets"});
    options.sources.push_back({kind, textOf(source, "name"), textOf(source, "netns")});
  }
  options.workers = u32Of(from, "workers");
  options.cache.capacity = u32Of(from, "cacheSize");
  options.cache.activeTimeoutNs = nsOf(from, "activeTimeoutMs");
  options.cache.idleTimeoutNs = nsOf(from, "idleTimeoutMs");
  options.cache.lingerNs = nsOf(from, "lingerMs");
  options.cache.firstPackets = static_cast<uint16_t>(u32Of(from, "firstPackets"));
  options.cache.needs = needsOf(from.Get("elements").As<Napi::Array>());
  options.decoder.tunnels = flagOf(from, "tunnels");
  options.decoder.tunnelDepth = static_cast<uint8_t>(u32Of(from, "tunnelDepth"));
  options.decoder.fragmentEntries = u32Of(from, "fragmentEntries");
  options.filter = textOf(from, "filter");
  options.snapLength = u32Of(from, "snapLength");
  options.promiscuous = flagOf(from, "promiscuous");
  options.direction = directionOf(textOf(from, "direction"));
  options.captureRing = static_cast<size_t>(numberOf(from, "captureRing"));
  options.recordRing = static_cast<size_t>(numberOf(from, "recordRing"));
  options.sampling.interval = u32Of(from, "packetSampling");
  options.sampling.random = textOf(from, "packetSamplingMode") == "random";
  options.flowSampling = u32Of(from, "flowSampling");
  options.upscale = flagOf(from, "upscale");
  options.dpi = dpiOptionsOf(from.Get("dpi"));
  return options;
}

const char* levelName(FrameSource::Notice::Level level) {
  constexpr const char* kNames[] = {"info", "warning", "error"};
  return kNames[level];
}

}  // namespace

MeterObject::MeterObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<MeterObject>(info) {
  guarded(info.Env(), [&] {
    Attribution* attribution = nullptr;
    if (info[2].IsObject()) {
      const auto object = info[2].As<Napi::Object>();
      attribution = AttributionObject::Unwrap(object)->attribution();
      attribution_ = Napi::Persistent(object);
    }
    meter_ = std::make_unique<Meter>(optionsOf(info[0].As<Napi::Object>()), [this] { wake(); }, attribution);
    // Behind what may throw: it keeps Node running until it is released. Nothing wakes before start().
    onWake_ = Napi::ThreadSafeFunction::New(info.Env(), info[1].As<Napi::Function>(), "weir wake", 0, 1);
  });
}

MeterObject::~MeterObject() { shut(); }

Napi::Function MeterObject::define(Napi::Env env) {
  return DefineClass(env, "Meter",
                     {InstanceAccessor<&MeterObject::stride>("stride"), InstanceMethod<&MeterObject::start>("start"),
                      InstanceMethod<&MeterObject::take>("take"), InstanceMethod<&MeterObject::events>("events"),
                      InstanceMethod<&MeterObject::counters>("counters"), InstanceMethod<&MeterObject::stalled>("stalled"),
                      InstanceMethod<&MeterObject::listObservationPoints>("observationPoints"),
                      InstanceMethod<&MeterObject::setTimeouts>("setTimeouts"),
                      InstanceMethod<&MeterObject::reloadDpi>("reloadDpi"),
                      InstanceMethod<&MeterObject::stop>("stop"), InstanceMethod<&MeterObject::close>("close")});
}

// Any thread. One call is in flight at most. take() and events() re-arm it before they look, so that what comes meanwhile
// wakes again.
void MeterObject::wake() {
  if (wakePending_.exchange(true)) return;
  onWake_.NonBlockingCall();
}

Napi::Value MeterObject::stride(const Napi::CallbackInfo& info) { return number(info.Env(), meter_->stride()); }

void MeterObject::start(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { meter_->start(); });
}

Napi::Value MeterObject::take(const Napi::CallbackInfo& info) {
  const auto batch = info[0].As<Napi::Object>();
  const Bytes records = bytesOf(batch.Get("records"));
  const Bytes heap = bytesOf(batch.Get("heap"));
  BatchBuffer buffer{records.data, meter_->stride(), 0, heap.data, heap.size};
  buffer.capacity = static_cast<uint32_t>(records.size / buffer.stride);
  if (!closed_) {
    wakePending_.store(false);
    meter_->take(buffer);
  }
  uint64_t latestNs = 0;
  for (uint32_t i = 0; i < buffer.count; i++) {
    latestNs = std::max(latestNs, recordAt(buffer.records + size_t{i} * buffer.stride).hot.endNs);
  }
  batch.Set("count", number(info.Env(), buffer.count));
  batch.Set("latestMs", number(info.Env(), (latestNs + kNsPerMs - 1) / kNsPerMs));
  return number(info.Env(), buffer.count);
}

Napi::Value MeterObject::events(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  wakePending_.store(false);
  // The end first, then the notices: whatever a worker said before it ended is in the list with its end.
  const bool finished = !closed_ && meter_->finished();
  for (const FrameSource::Notice& notice : meter_->takeNotices()) {
    Napi::Object event = Napi::Object::New(env);
    event.Set("kind", "notice");
    event.Set("level", levelName(notice.level));
    event.Set("code", notice.code);
    event.Set("text", notice.text);
    list.Set(list.Length(), event);
  }
  if (finished && !finishedTold_) {
    finishedTold_ = true;
    Napi::Object event = Napi::Object::New(env);
    event.Set("kind", "finished");
    list.Set(list.Length(), event);
  }
  return list;
}

Napi::Value MeterObject::counters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const MeterCounters sums = meter_->counters();
  Napi::Object result = Napi::Object::New(env);
  const auto set = [&](const char* key, uint64_t value) { result.Set(key, number(env, value)); };
  set("frames", sums.source.frames);
  set("wireOctets", sums.source.wireOctets);
  set("kernelDrops", sums.source.kernelDrops);
  result.Set("filtered", sums.kernelFilter ? env.Null() : Napi::Value(number(env, sums.source.filtered)));
  set("readErrors", sums.source.readErrors);
  set("interfaceLosses", sums.source.interfaceLosses);
  set("reattached", sums.source.reattached);
  set("filePosition", sums.source.position);
  set("fileSize", sums.source.size);
  set("wirePackets", sums.wirePackets);
  set("fragmentsUnmatched", sums.fragmentsUnmatched);
  set("fragmentsEvicted", sums.fragmentsEvicted);
  set("misplaced", sums.misplaced);
  set("packets", sums.packets);
  set("octets", sums.octets);
  set("flowsCreated", sums.flowsCreated);
  set("flows", sums.flows);
  set("cacheCapacity", sums.cacheCapacity);
  set("recordsDropped", sums.recordsDropped);
  set("recordsNotSelected", sums.recordsNotSelected);
  set("recordsNotWanted", sums.recordsNotWanted);
  set("dpiStates", sums.dpi.states);
  set("dpiStatesMissing", sums.dpi.statesMissing);
  set("dpiPackets", sums.dpi.packets);
  set("dpiClassified", sums.dpi.classified);
  set("dpiGuessed", sums.dpi.guessed);
  set("dpiGivenUp", sums.dpi.givenUp);
  set("dpiFactsOctets", sums.dpi.factsOctets);
  set("ringUsed", sums.ringUsed);
  set("ringCapacity", sums.ringCapacity);
  Napi::Object outcomes = Napi::Object::New(env);
  for (size_t i = 0; i < kOutcomes; i++) {
    outcomes.Set(outcomeName(static_cast<Outcome>(i)), number(env, sums.outcomes[i]));
  }
  result.Set("outcomes", outcomes);
  constexpr const char* kReasons[] = {"none", "idle", "active", "endOfFlow", "forced", "lackOfResources"};
  Napi::Object records = Napi::Object::New(env);
  for (size_t i = 1; i < std::size(kReasons); i++) records.Set(kReasons[i], number(env, sums.records[i]));
  result.Set("records", records);
  return result;
}

Napi::Value MeterObject::stalled(const Napi::CallbackInfo& info) {
  return listOf(info.Env(), meter_->stalled(nsOf(info[0])));
}

Napi::Value MeterObject::listObservationPoints(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (uint16_t i = 0; i < observationPoints().size(); i++) {
    if (!observationPoints().isUsed(i)) continue;
    const ObservationPointInfo& point = *observationPoints().at(i);
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("index", number(env, i));
    entry.Set("name", point.name);
    entry.Set("interface", number(env, point.interface));
    entry.Set("netns", point.netns);
    list.Set(list.Length(), entry);
  }
  return list;
}

void MeterObject::setTimeouts(const Napi::CallbackInfo& info) {
  meter_->setTimeouts(nsOf(info[0]), nsOf(info[1]));
}

void MeterObject::reloadDpi(const Napi::CallbackInfo& info) {
  guarded(info.Env(), [&] { meter_->reloadDpi(); });
}

void MeterObject::stop(const Napi::CallbackInfo&) { meter_->stop(); }

void MeterObject::close(const Napi::CallbackInfo&) { shut(); }

void MeterObject::shut() {
  if (closed_) return;
  closed_ = true;
  if (meter_) meter_->close();
  onWake_.Release();
}

Napi::Function defineMeter(Napi::Env env) { return MeterObject::define(env); }

}  // namespace weir::binding
