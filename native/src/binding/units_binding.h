// What Encoder and OptionsEncoder share: UnitBuffer arguments and EncodeResult objects.
#pragma once

#include "binding/binding.h"
#include "encode/encoder.h"

namespace weir::binding {

inline UnitBuffer unitsOf(const Napi::Value& value) {
  const auto from = value.As<Napi::Object>();
  const auto numbers = [&](const char* name) {
    auto array = from.Get(name).As<Napi::Uint32Array>();
    return std::span<uint32_t>(array.Data(), array.ElementLength());
  };
  const Bytes bytes = bytesOf(from.Get("bytes"));
  return {{bytes.data, bytes.size}, numbers("ends"), numbers("records"), numbers("dataRecords")};
}

// The one result object of an encoder, filled anew by each call.
class ResultObject {
 public:
  explicit ResultObject(Napi::Env env) {
    object_ = Napi::Persistent(Napi::Object::New(env));
    fill(env, {});
  }
  Napi::Object value() const { return object_.Value(); }
  Napi::Value fill(Napi::Env env, const EncodeResult& from) {
    Napi::Object to = object_.Value();
    to.Set("records", number(env, from.records));
    to.Set("dataRecords", number(env, from.dataRecords));
    to.Set("units", number(env, from.units));
    to.Set("bytes", number(env, from.bytes));
    to.Set("truncated", number(env, from.truncated));
    to.Set("unencodable", number(env, from.unencodable));
    to.Set("elsewhere", number(env, from.elsewhere));
    return to;
  }

 private:
  Napi::ObjectReference object_;
};

}  // namespace weir::binding
