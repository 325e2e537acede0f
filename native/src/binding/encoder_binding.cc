// The Encoder as JavaScript sees it.
#include "binding/binding.h"
#include "binding/meter_binding.h"
#include "encode/encoder.h"

namespace weir::binding {

namespace {

std::vector<EncoderField> fieldsOf(const Napi::Array& list) {
  std::vector<EncoderField> fields;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto field = list.Get(i).As<Napi::Object>();
    fields.push_back({u32Of(field, "element"), textOf(field, "key"), static_cast<uint16_t>(u32Of(field, "wireLength"))});
  }
  return fields;
}

EncoderSpec specOf(const Napi::Object& from) {
  EncoderSpec spec;
  const std::string format = textOf(from, "format");
  spec.format = format == "ipfix"  ? EncoderSpec::Format::ipfix
                : format == "json" ? EncoderSpec::Format::json
                                   : EncoderSpec::Format::text;
  spec.fields4 = fieldsOf(from.Get("fields4").As<Napi::Array>());
  spec.fields6 = fieldsOf(from.Get("fields6").As<Napi::Array>());
  spec.biflow = flagOf(from, "biflow");
  spec.templateId4 = static_cast<uint16_t>(u32Of(from, "templateId4"));
  spec.templateId6 = static_cast<uint16_t>(u32Of(from, "templateId6"));
  spec.observationDomain = u32Of(from, "observationDomain");
  spec.enterprise = u32Of(from, "enterprise");
  spec.messageSize = u32Of(from, "messageSize");
  spec.timeFormat = textOf(from, "timeFormat") == "iso" ? EncoderSpec::TimeFormat::iso : EncoderSpec::TimeFormat::milliseconds;
  spec.keyStyle = textOf(from, "keyStyle") == "nprobe" ? EncoderSpec::KeyStyle::nprobe : EncoderSpec::KeyStyle::plain;
  return spec;
}

}  // namespace

class EncoderObject final : public Napi::ObjectWrap<EncoderObject> {
 public:
  explicit EncoderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EncoderObject>(info) {
    const Napi::Env env = info.Env();
    guarded(env, [&] {
      const auto from = info[0].As<Napi::Object>();
      if (info[1].IsObject()) {
        meterReference_ = Napi::Persistent(info[1].As<Napi::Object>());
        context_.observationPoints = &MeterObject::Unwrap(info[1].As<Napi::Object>())->observationPoints();
      }
      constexpr double kNsPerMs = 1e6;
      context_.activeTimeoutNs = static_cast<uint64_t>(numberOf(from, "activeTimeoutMs") * kNsPerMs);
      context_.idleTimeoutNs = static_cast<uint64_t>(numberOf(from, "idleTimeoutMs") * kNsPerMs);
      context_.startNs = static_cast<uint64_t>(numberOf(from, "startMs") * kNsPerMs);
      context_.observationDomain = u32Of(from, "observationDomain");
      context_.communityIdSeed = static_cast<uint16_t>(u32Of(from, "communityIdSeed"));
      encoder_ = makeEncoder(specOf(from), context_);
    });
    Napi::Object result = Napi::Object::New(env);
    for (const char* key : {"records", "dataRecords", "units", "bytes", "truncated", "unencodable"}) {
      result.Set(key, Napi::Number::New(env, 0));
    }
    result_ = Napi::Persistent(result);
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Encoder",
        {InstanceAccessor<&EncoderObject::result>("result"), InstanceAccessor<&EncoderObject::sequence>("sequence"),
         InstanceMethod<&EncoderObject::encode>("encode"), InstanceMethod<&EncoderObject::templates>("templates"),
         InstanceMethod<&EncoderObject::reset>("reset"), InstanceMethod<&EncoderObject::setMessageSize>("setMessageSize")});
  }

 private:
  Napi::Value result(const Napi::CallbackInfo&) { return result_.Value(); }
  Napi::Value sequence(const Napi::CallbackInfo& info) { return number(info.Env(), encoder_->sequence()); }

  // encode(batch, first, exportSeconds, out, ends)
  Napi::Value encode(const Napi::CallbackInfo& info) {
    const auto batch = info[0].As<Napi::Object>();
    BatchView view;
    view.records = bytesOf(batch.Get("records")).data;
    view.stride = u32Of(batch, "stride");
    view.count = u32Of(batch, "count");
    view.heap = bytesOf(batch.Get("heap")).data;
    const Bytes out = bytesOf(info[3]);
    const uint32_t first = info[1].As<Napi::Number>().Uint32Value();
    const uint32_t seconds = info[2].As<Napi::Number>().Uint32Value();
    return guarded(info.Env(), [&] {
      return report(info.Env(), encoder_->encode(view, first, seconds, {out.data, out.size}, endsOf(info[4])));
    });
  }

  // templates(exportSeconds, out, ends)
  Napi::Value templates(const Napi::CallbackInfo& info) {
    const Bytes out = bytesOf(info[1]);
    const uint32_t seconds = info[0].As<Napi::Number>().Uint32Value();
    return guarded(info.Env(),
                   [&] { return report(info.Env(), encoder_->templates(seconds, {out.data, out.size}, endsOf(info[2]))); });
  }

  void reset(const Napi::CallbackInfo&) { encoder_->reset(); }
  void setMessageSize(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] { encoder_->setMessageSize(info[0].As<Napi::Number>().Uint32Value()); });
  }

  static std::span<uint32_t> endsOf(const Napi::Value& value) {
    auto array = value.As<Napi::Uint32Array>();
    return {array.Data(), array.ElementLength()};
  }

  Napi::Value report(Napi::Env env, const EncodeResult& from) {
    Napi::Object to = result_.Value();
    to.Set("records", number(env, from.records));
    to.Set("dataRecords", number(env, from.dataRecords));
    to.Set("units", number(env, from.units));
    to.Set("bytes", number(env, from.bytes));
    to.Set("truncated", number(env, from.truncated));
    to.Set("unencodable", number(env, from.unencodable));
    return to;
  }

  FieldContext context_;
  std::unique_ptr<Encoder> encoder_;
  Napi::ObjectReference meterReference_;  // keeps the Observation Point table alive
  Napi::ObjectReference result_;
};

Napi::Function defineEncoder(Napi::Env env) { return EncoderObject::define(env); }

}  // namespace weir::binding
