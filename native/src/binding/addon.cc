// The module: constructors and host questions of src/native/boundary.ts.
#include "binding/binding.h"
#include "capture/capabilities.h"
#include "fields/field_table.h"

namespace weir::binding {

static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  guarded(env, [] { raiseCapabilities(); });  // before any thread of ours starts
  const std::string_view hash = catalogueHash();
  exports.Set("catalogueHash", Napi::String::New(env, hash.data(), hash.size()));
  exports.Set("Meter", defineMeter(env));
  defineAttribution(env, exports);
  exports.Set("Encoder", defineEncoder(env));
  exports.Set("OptionsEncoder", defineOptionsEncoder(env));
  exports.Set("UdpSender", defineUdpSender(env));
  exports.Set("SctpSender", defineSctpSender(env));
  defineKafka(env, exports);
  defineDpi(env, exports);
  defineHost(env, exports);
  return exports;
}

}  // namespace weir::binding

static Napi::Object weirInitialise(Napi::Env env, Napi::Object exports) {
  return weir::binding::initialise(env, exports);
}
NODE_API_MODULE(weir, weirInitialise)
