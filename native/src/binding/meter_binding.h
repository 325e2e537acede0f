// The Meter as JavaScript sees it.
#pragma once

#include <atomic>
#include <memory>

#include "binding/binding.h"
#include "metering/meter.h"

namespace weir::binding {

class MeterObject final : public Napi::ObjectWrap<MeterObject> {
 public:
  explicit MeterObject(const Napi::CallbackInfo& info);
  ~MeterObject() override;
  static Napi::Function define(Napi::Env env);

  const ObservationPointTable& observationPoints() const { return meter_->observationPoints(); }

 private:
  Napi::Value stride(const Napi::CallbackInfo& info);
  void start(const Napi::CallbackInfo& info);
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value events(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value stalled(const Napi::CallbackInfo& info);
  Napi::Value listObservationPoints(const Napi::CallbackInfo& info);
  void setTimeouts(const Napi::CallbackInfo& info);
  void reloadDpi(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void wake();
  void shut();

  Napi::ObjectReference attribution_;  // the Meter uses it as long as it lives
  std::unique_ptr<Meter> meter_;
  Napi::ThreadSafeFunction onWake_;
  std::atomic<bool> wakePending_{false};  // wake-ups are coalesced until the next take() or events()
  bool finishedTold_ = false;
  bool closed_ = false;
};

}  // namespace weir::binding
