// The Attribution as JavaScript sees it.
#pragma once

#include <atomic>
#include <memory>

#include "attribution/attribution.h"
#include "binding/binding.h"

namespace weir::binding {

class AttributionObject final : public Napi::ObjectWrap<AttributionObject> {
 public:
  explicit AttributionObject(const Napi::CallbackInfo& info);
  ~AttributionObject() override;
  static Napi::Function define(Napi::Env env);

  Attribution* attribution() const { return attribution_.get(); }

 private:
  Napi::Value stride(const Napi::CallbackInfo& info);
  void start(const Napi::CallbackInfo& info);
  Napi::Value status(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  Napi::Value stalled(const Napi::CallbackInfo& info);
  Napi::Value takeEvents(const Napi::CallbackInfo& info);
  Napi::Value wantedContainers(const Napi::CallbackInfo& info);
  void setContainers(const Napi::CallbackInfo& info);
  Napi::Value notices(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void wake();
  void shut();

  std::unique_ptr<Attribution> attribution_;
  Napi::ThreadSafeFunction onWake_;
  std::atomic<bool> wakePending_{false};  // wake-ups are coalesced until the next of the calls that fetch
  bool closed_ = false;
};

}  // namespace weir::binding
