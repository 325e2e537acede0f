// The OptionsEncoder as JavaScript sees it.
#include "encode/options.h"

#include "binding/units_binding.h"

namespace weir::binding {
namespace {

OptionsTemplate templateOf(const Napi::Value& value) {
  const auto from = value.As<Napi::Object>();
  OptionsTemplate layout;
  layout.id = static_cast<uint16_t>(u32Of(from, "id"));
  layout.scopes = static_cast<uint16_t>(u32Of(from, "scopes"));
  const auto fields = from.Get("fields").As<Napi::Array>();
  for (uint32_t i = 0; i < fields.Length(); i++) {
    const auto field = fields.Get(i).As<Napi::Object>();
    OptionsField& to = layout.fields.emplace_back();
    to.id = static_cast<uint16_t>(u32Of(field, "id"));
    to.enterprise = u32Of(field, "enterprise");
    to.length = static_cast<uint16_t>(u32Of(field, "length"));
    to.type = choiceOf<WireType>(
        textOf(field, "type"),
        {"octetArray", "unsigned8", "unsigned16", "unsigned32", "unsigned64", "signed8", "signed16", "signed32",
         "signed64", "float32", "float64", "boolean", "macAddress", "string", "dateTimeSeconds", "dateTimeMilliseconds",
         "dateTimeMicroseconds", "dateTimeNanoseconds", "ipv4Address", "ipv6Address"});
  }
  return layout;
}

// Numbers, bigints, booleans and texts; a bigint is clamped to 64 bits.
OptionsValue valueOf(const Napi::Value& value) {
  if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
  if (value.IsBoolean()) return uint64_t{value.As<Napi::Boolean>().Value() ? 1u : 0u};
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (!value.IsBigInt()) throw Error("WEIR_INTERNAL", "an options record holds what is no number, bigint or text");
  int sign = 0;
  size_t words = 2;
  uint64_t word[2] = {0, 0};
  value.As<Napi::BigInt>().ToWords(&sign, &words, word);
  if (sign != 0) return uint64_t{0};
  return words > 1 ? UINT64_MAX : word[0];
}

OptionsRow rowOf(const Napi::Array& from) {
  OptionsRow row;
  for (uint32_t i = 0; i < from.Length(); i++) row.push_back(valueOf(from.Get(i)));
  return row;
}

}  // namespace

class OptionsObject final : public Napi::ObjectWrap<OptionsObject> {
 public:
  // (format, observationDomain, messageSize)
  explicit OptionsObject(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<OptionsObject>(info), result_(info.Env()) {
    guarded(info.Env(), [&] {
      const auto format = choiceOf<EncoderSpec::Format>(info[0].As<Napi::String>(), {"ipfix", "netflow9"});
      const uint32_t domain = info[1].As<Napi::Number>().Uint32Value();
      encoder_ = std::make_unique<OptionsEncoder>(format, domain, info[2].As<Napi::Number>().Uint32Value());
    });
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "OptionsEncoder",
                       {InstanceMethod<&OptionsObject::templates>("templates"),
                        InstanceMethod<&OptionsObject::records>("records"),
                        InstanceMethod<&OptionsObject::setMessageSize>("setMessageSize")});
  }

 private:
  // templates(templates, exportSeconds, units)
  Napi::Value templates(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      const auto list = info[0].As<Napi::Array>();
      std::vector<OptionsTemplate> layouts;
      for (uint32_t i = 0; i < list.Length(); i++) layouts.push_back(templateOf(list.Get(i)));
      const uint32_t seconds = info[1].As<Napi::Number>().Uint32Value();
      return result_.fill(info.Env(), encoder_->templates(layouts, seconds, unitsOf(info[2])));
    });
  }

  // records(template, rows, first, exportSeconds, units)
  Napi::Value records(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&] {
      const auto list = info[1].As<Napi::Array>();
      const uint32_t first = info[2].As<Napi::Number>().Uint32Value();
      std::vector<OptionsRow> rows(std::min(first, list.Length()));  // those before `first` are not read
      for (uint32_t i = first; i < list.Length(); i++) rows.push_back(rowOf(list.Get(i).As<Napi::Array>()));
      const uint32_t seconds = info[3].As<Napi::Number>().Uint32Value();
      return result_.fill(info.Env(), encoder_->records(templateOf(info[0]), rows, first, seconds, unitsOf(info[4])));
    });
  }

  void setMessageSize(const Napi::CallbackInfo& info) {
    encoder_->setMessageSize(info[0].As<Napi::Number>().Uint32Value());
  }

  std::unique_ptr<OptionsEncoder> encoder_;
  ResultObject result_;
};

Napi::Function defineOptionsEncoder(Napi::Env env) { return OptionsObject::define(env); }

}  // namespace weir::binding
