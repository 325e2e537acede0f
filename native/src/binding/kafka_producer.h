// The Kafka producer as JavaScript sees it.
#pragma once

#include <atomic>
#include <memory>

#include "binding/binding.h"
#include "kafka/producer.h"

namespace weir::binding {

class KafkaProducerObject final : public Napi::ObjectWrap<KafkaProducerObject> {
 public:
  explicit KafkaProducerObject(const Napi::CallbackInfo& info);
  ~KafkaProducerObject() override;
  static Napi::Function define(Napi::Env env);

 private:
  Napi::Value produce(const Napi::CallbackInfo& info);
  Napi::Value poll(const Napi::CallbackInfo& info);
  Napi::Value events(const Napi::CallbackInfo& info);
  Napi::Value takeReturned(const Napi::CallbackInfo& info);
  void flush(const Napi::CallbackInfo&) {
    if (producer_) producer_->flush();
  }
  void purge(const Napi::CallbackInfo&) {
    if (producer_) producer_->purge();
  }
  void close(const Napi::CallbackInfo&) {
    if (producer_) producer_->close();
  }
  void release(const Napi::CallbackInfo&) { shut(); }
  void wake();
  void shut();

  std::unique_ptr<KafkaProducer> producer_;
  Napi::ThreadSafeFunction onWake_;
  Napi::ObjectReference report_;          // reused by every poll()
  std::atomic<bool> wakePending_{false};  // wake-ups are coalesced until the next poll()
  bool shut_ = false;
};

}  // namespace weir::binding
