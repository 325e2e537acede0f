// The Encoder as JavaScript sees it.
#include "binding/meter_binding.h"
#include "binding/units_binding.h"

namespace weir::binding {

namespace {

std::vector<EncoderField> fieldsOf(const Napi::Array& list) {
  std::vector<EncoderField> fields;
  for (uint32_t i = 0; i < list.Length(); i++) {
    const auto field = list.Get(i).As<Napi::Object>();
    EncoderField& to = fields.emplace_back();
    to.element = u32Of(field, "element");
    to.key = textOf(field, "key");
    to.wireLength = static_cast<uint16_t>(u32Of(field, "wireLength"));
    to.form = choiceOf<EncoderField::Form>(
        textOf(field, "form"), {"plain", "quoted", "lower", "nanoseconds", "constant", "hyphens", "upper"});
    to.constant = textOf(field, "constant");
    const auto path = field.Get("path").As<Napi::Array>();
    for (uint32_t step = 0; step < path.Length(); step++) to.path.push_back(path.Get(step).As<Napi::String>());
  }
  return fields;
}

EncoderSpec specOf(const Napi::Object& from) {
  EncoderSpec spec;
  spec.format =
      choiceOf<EncoderSpec::Format>(textOf(from, "format"), {"ipfix", "netflow9", "netflow5", "json", "text"});
  spec.fields4 = fieldsOf(from.Get("fields4").As<Napi::Array>());
  spec.fields6 = fieldsOf(from.Get("fields6").As<Napi::Array>());
  spec.biflow = flagOf(from, "biflow");
  spec.templateId4 = static_cast<uint16_t>(u32Of(from, "templateId4"));
  spec.templateId6 = static_cast<uint16_t>(u32Of(from, "templateId6"));
  spec.observationDomain = u32Of(from, "observationDomain");
  spec.enterprise = u32Of(from, "enterprise");
  spec.messageSize = u32Of(from, "messageSize");
  spec.timeFormat = choiceOf<EncoderSpec::TimeFormat>(textOf(from, "timeFormat"), {"iso", "milliseconds"});
  spec.keyStyle = choiceOf<EncoderSpec::KeyStyle>(textOf(from, "keyStyle"), {"plain", "nprobe"});
  spec.oneSetPerMessage = flagOf(from, "oneSetPerMessage");
  spec.inlineTemplates = flagOf(from, "inlineTemplates");
  spec.linesPerUnit = u32Of(from, "linesPerUnit");
  spec.unitKey = choiceOf<EncoderSpec::UnitKey>(textOf(from, "unitKey"), {"none", "flow", "host"});
  spec.share = u32Of(from, "share");
  spec.shareOf = u32Of(from, "shareOf");
  spec.eventMask = u32Of(from, "eventMask");
  spec.samplingInterval = u32Of(from, "samplingInterval");
  spec.samplingMode = static_cast<uint8_t>(u32Of(from, "samplingMode"));
  spec.startMs = static_cast<uint64_t>(numberOf(from, "startMs"));
  return spec;
}

}  // namespace

class EncoderObject final : public Napi::ObjectWrap<EncoderObject> {
 public:
  explicit EncoderObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EncoderObject>(info), result_(info.Env()) {
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
  }

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Encoder",
        {InstanceAccessor<&EncoderObject::result>("result"), InstanceAccessor<&EncoderObject::sequence>("sequence"),
         InstanceMethod<&EncoderObject::encode>("encode"), InstanceMethod<&EncoderObject::templates>("templates"),
         InstanceMethod<&EncoderObject::reset>("reset"), InstanceMethod<&EncoderObject::setMessageSize>("setMessageSize"),
         InstanceMethod<&EncoderObject::setStart>("setStart")});
  }

 private:
  Napi::Value result(const Napi::CallbackInfo&) { return result_.value(); }
  Napi::Value sequence(const Napi::CallbackInfo& info) { return number(info.Env(), encoder_->sequence()); }

  // encode(batch, first, exportSeconds, units)
  Napi::Value encode(const Napi::CallbackInfo& info) {
    const auto batch = info[0].As<Napi::Object>();
    BatchView view;
    view.records = bytesOf(batch.Get("records")).data;
    view.stride = u32Of(batch, "stride");
    view.count = u32Of(batch, "count");
    view.heap = bytesOf(batch.Get("heap")).data;
    const UnitBuffer out = unitsOf(info[3]);
    const uint32_t first = info[1].As<Napi::Number>().Uint32Value();
    const uint32_t seconds = info[2].As<Napi::Number>().Uint32Value();
    return guarded(info.Env(), [&] {
      return result_.fill(info.Env(), encoder_->encode(view, first, seconds, out));
    });
  }

  // templates(exportSeconds, units)
  Napi::Value templates(const Napi::CallbackInfo& info) {
    const UnitBuffer out = unitsOf(info[1]);
    const uint32_t seconds = info[0].As<Napi::Number>().Uint32Value();
    return guarded(info.Env(), [&] { return result_.fill(info.Env(), encoder_->templates(seconds, out)); });
  }

  void reset(const Napi::CallbackInfo&) { encoder_->reset(); }
  void setMessageSize(const Napi::CallbackInfo& info) {
    guarded(info.Env(), [&] { encoder_->setMessageSize(info[0].As<Napi::Number>().Uint32Value()); });
  }

  void setStart(const Napi::CallbackInfo& info) {
    encoder_->setStart(static_cast<uint64_t>(info[0].As<Napi::Number>().DoubleValue()));
  }

  FieldContext context_;
  std::unique_ptr<Encoder> encoder_;
  Napi::ObjectReference meterReference_;  // keeps the Observation Point table alive
  ResultObject result_;
};

Napi::Function defineEncoder(Napi::Env env) { return EncoderObject::define(env); }

}  // namespace weir::binding
