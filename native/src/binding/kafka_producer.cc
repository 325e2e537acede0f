#include "binding/kafka_producer.h"

#include <algorithm>

#include "kafka/availability.h"

namespace weir::binding {

namespace {

std::vector<std::pair<std::string, std::string>> pairsOf(const Napi::Value& value) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto pair = list.Get(i).As<Napi::Array>();
    pairs.emplace_back(pair.Get(0u).As<Napi::String>().Utf8Value(), pair.Get(1u).As<Napi::String>().Utf8Value());
  }
  return pairs;
}

KafkaOptions optionsOf(const Napi::Object& from) {
  KafkaOptions options;
  options.properties = pairsOf(from.Get("properties"));
  options.headers = pairsOf(from.Get("headers"));
  const auto topics = from.Get("topics").As<Napi::Array>();
  for (uint32_t i = 0; i < topics.Length(); i++) {
    const auto topic = topics.Get(i).As<Napi::Object>();
    options.topics.push_back({textOf(topic, "name"), flagOf(topic, "keyed"), textOf(topic, "constantKey")});
  }
  return options;
}

std::span<const uint32_t> numbersOf(const Napi::Object& run, const char* key) {
  auto array = run.Get(key).As<Napi::Uint32Array>();
  return {array.Data(), array.ElementLength()};
}

Napi::Uint32Array copyOf(Napi::Env env, const std::vector<uint32_t>& from) {
  Napi::Uint32Array array = Napi::Uint32Array::New(env, from.size());
  std::copy(from.begin(), from.end(), array.Data());
  return array;
}

const char* nameOf(KafkaEvent::Kind kind) {
  constexpr const char* kNames[] = {"rejected", "failed", "error", "fatal", "log", "statistics"};
  return kNames[static_cast<size_t>(kind)];
}

Napi::Value availability(const Napi::CallbackInfo& info) {
  const KafkaAvailability found = kafkaAvailability();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("available", found.available);
  result.Set("version", found.version);
  result.Set("reason", found.reason);
  return result;
}

}  // namespace

// options, onWake
KafkaProducerObject::KafkaProducerObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<KafkaProducerObject>(info) {
  const Napi::Env env = info.Env();
  guarded(env, [&] {
    const KafkaOptions options = optionsOf(info[0].As<Napi::Object>());
    onWake_ = Napi::ThreadSafeFunction::New(env, info[1].As<Napi::Function>(), "weir kafka", 0, 1);
    try {
      producer_ = std::make_unique<KafkaProducer>(options, [this] { wake(); });
    } catch (...) {
      shut();
      throw;
    }
  });
  report_ = Napi::Persistent(Napi::Object::New(env));
}

KafkaProducerObject::~KafkaProducerObject() { shut(); }

Napi::Function KafkaProducerObject::define(Napi::Env env) {
  return DefineClass(env, "KafkaProducer",
                     {InstanceMethod<&KafkaProducerObject::produce>("produce"),
                      InstanceMethod<&KafkaProducerObject::poll>("poll"),
                      InstanceMethod<&KafkaProducerObject::events>("events"),
                      InstanceMethod<&KafkaProducerObject::takeReturned>("takeReturned"),
                      InstanceMethod<&KafkaProducerObject::flush>("flush"),
                      InstanceMethod<&KafkaProducerObject::purge>("purge"),
                      InstanceMethod<&KafkaProducerObject::close>("close"),
                      InstanceMethod<&KafkaProducerObject::release>("release")});
}

// Any thread. One call is in flight at most; poll() re-arms it.
void KafkaProducerObject::wake() {
  if (!wakePending_.exchange(true)) onWake_.NonBlockingCall();
}

// produce(topic, run): the first unit not taken
Napi::Value KafkaProducerObject::produce(const Napi::CallbackInfo& info) {
  const auto run = info[1].As<Napi::Object>();
  const Bytes bytes = bytesOf(run.Get("bytes"));
  const KafkaUnits units{{bytes.data, bytes.size},
                         numbersOf(run, "ends"),
                         numbersOf(run, "records"),
                         numbersOf(run, "dataRecords"),
                         u32Of(run, "from"),
                         u32Of(run, "to")};
  return guarded(info.Env(), [&] {
    const uint32_t topic = info[0].As<Napi::Number>().Uint32Value();
    return number(info.Env(), shut_ ? units.from : producer_->produce(topic, units));
  });
}

Napi::Value KafkaProducerObject::poll(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Object to = report_.Value();
  wakePending_.store(false);
  const bool closed = shut_ || producer_->closed();  // asked first: what was reported before the end is in the sums
  const KafkaReport from = shut_ ? KafkaReport{} : producer_->take();
  to.Set("records", number(env, from.records));
  to.Set("units", number(env, from.units));
  to.Set("octets", number(env, from.octets));
  to.Set("rejectedRecords", number(env, from.rejectedRecords));
  to.Set("rejectedUnits", number(env, from.rejectedUnits));
  to.Set("returned", number(env, from.returnedUnits));
  to.Set("events", number(env, from.events));
  to.Set("queued", number(env, shut_ ? 0 : producer_->queued()));
  to.Set("closed", closed);
  return to;
}

Napi::Value KafkaProducerObject::events(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  if (shut_) return list;
  for (const KafkaEvent& event : producer_->takeEvents()) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("kind", nameOf(event.kind));
    entry.Set("code", event.code);
    entry.Set("text", event.text);
    entry.Set("count", number(env, event.count));
    entry.Set("topic", number(env, event.topic));
    list.Set(list.Length(), entry);
  }
  return list;
}

// takeReturned(topic): a run of units in arrays of JavaScript's own, or null
Napi::Value KafkaProducerObject::takeReturned(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (shut_) return env.Null();
  const KafkaReturned from = producer_->takeReturned(info[0].As<Napi::Number>().Uint32Value());
  if (from.ends.empty()) return env.Null();
  Napi::Object run = Napi::Object::New(env);
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, from.bytes.size());
  std::copy(from.bytes.begin(), from.bytes.end(), bytes.Data());
  run.Set("bytes", bytes);
  run.Set("ends", copyOf(env, from.ends));
  run.Set("records", copyOf(env, from.records));
  run.Set("dataRecords", copyOf(env, from.dataRecords));
  run.Set("from", number(env, 0));
  run.Set("to", number(env, from.ends.size()));
  return run;
}

void KafkaProducerObject::shut() {
  if (shut_) return;
  shut_ = true;
  producer_.reset();  // joins the reporting thread: nobody wakes afterwards
  onWake_.Release();
}

void defineKafka(Napi::Env env, Napi::Object exports) {
  exports.Set("KafkaProducer", KafkaProducerObject::define(env));
  exports.Set("kafka", Napi::Function::New(env, availability, "kafka"));
}

}  // namespace weir::binding
