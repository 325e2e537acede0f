#include "kafka/producer.h"

#include "base/error.h"

#ifdef WEIR_HAVE_LIBRDKAFKA

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "kafka/accounts.h"
#include "kafka/library.h"

namespace weir {
namespace {

constexpr uint32_t kBatch = 512;   // messages handed over at once
constexpr int kIdleMs = 1000;      // the reporting thread is woken for everything that matters
constexpr int kFlushMs = 10;       // a flush is asked again so often while messages wait
constexpr int kLastReportsMs = 2000;  // for purged messages to be reported
constexpr size_t kErrorText = 512;

// Refused for what they are; the same message would be refused again.
bool isRejected(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD: return true;
    default: return false;
  }
}

std::string_view textOf(const void* data, size_t size) { return {static_cast<const char*>(data), size}; }

// One message of a unit; false when a keyed unit is shorter than its key.
bool split(const KafkaTopic& topic, std::span<const uint8_t> unit, rd_kafka_message_t& message) {
  message.key = topic.constantKey.empty() ? nullptr : const_cast<char*>(topic.constantKey.data());
  message.key_len = topic.constantKey.size();
  if (topic.keyed) {
    if (unit.size() < 2) return false;
    const size_t length = size_t{unit[0]} << 8 | unit[1];
    if (unit.size() < 2 + length) return false;
    message.key = length == 0 ? nullptr : const_cast<uint8_t*>(unit.data() + 2);
    message.key_len = length;
    unit = unit.subspan(2 + length);
  }
  message.payload = const_cast<uint8_t*>(unit.data());
  message.len = unit.size();
  return true;
}

}  // namespace

class KafkaProducer::Session {
 public:
  Session(const KafkaOptions& options, std::function<void()> wake)
      : library_(kafkaLibrary()), options_(options), wake_(std::move(wake)), accounts_(options.topics) {
    if (options.topics.size() > kMaxTopics) throw Error("WEIR_KAFKA", "a producer has four topics at most");
    create();
    queue_ = library_.queue_get_main_(client_);
    library_.set_log_queue_(client_, nullptr);
    for (const KafkaTopic& topic : options_.topics) {
      topics_.push_back(library_.topic_new_(client_, topic.name.c_str(), nullptr));
    }
    if (!options_.headers.empty()) {
      headers_ = library_.headers_new_(options_.headers.size());
      for (const auto& [name, value] : options_.headers) {
        library_.header_add_(headers_, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                             static_cast<ssize_t>(value.size()));
      }
    }
    messages_.resize(kBatch);
    thread_ = std::thread([this] { run(); });
  }

  ~Session() {
    close();
    thread_.join();
  }

  uint32_t produce(size_t topic, const KafkaUnits& units) {
    if (closing_.load()) return units.from;
    uint32_t unit = units.from;
    while (unit < units.to) {
      const uint32_t count = std::min(kBatch, units.to - unit);
      fill(topic, units, unit, count);
      const uint32_t taken = hand(topic, count);
      unit += taken;
      if (taken < count) break;
    }
    return unit;
  }

  // From close() on the client belongs to the reporting thread, so these touch it no more.
  void flush() {
    if (closing_.load()) return;
    flushing_.store(true);
    library_.queue_yield_(queue_);
  }
  void purge() {
    if (closing_.load()) return;
    purging_.store(true);
    library_.queue_yield_(queue_);
  }
  void close() {
    if (closing_.load()) return;
    library_.queue_yield_(queue_);
    closing_.store(true);
  }
  bool closed() const { return closed_.load(); }
  uint32_t queued() const { return closing_.load() ? 0 : static_cast<uint32_t>(library_.outq_len_(client_)); }
  KafkaAccounts& accounts() { return accounts_; }

 private:
  void create() {
    rd_kafka_conf_t* const settings = library_.conf_new_();
    char text[kErrorText];
    std::string wrong;
    for (const auto& [name, value] : options_.properties) {
      if (library_.conf_set_(settings, name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK) continue;
      wrong += (wrong.empty() ? "" : "; ") + name + ": " + text;  // librdkafka may call it by another name
    }
    library_.conf_set_(settings, "log.queue", "true", text, sizeof text);
    library_.conf_set_events_(settings, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG |
                                            RD_KAFKA_EVENT_STATS);
    if (wrong.empty()) {
      client_ = library_.new_(RD_KAFKA_PRODUCER, settings, text, sizeof text);
      if (client_ != nullptr) return;  // it owns the settings now
      wrong = text;
    }
    library_.conf_destroy_(settings);
    throw Error("WEIR_KAFKA", wrong);
  }

  void fill(size_t topic, const KafkaUnits& units, uint32_t first, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t unit = first + i;
      const uint32_t start = unit == 0 ? 0 : units.ends[unit - 1];
      rd_kafka_message_t& message = messages_[i];
      message = {};
      message._private =
          KafkaTicket{static_cast<uint32_t>(topic), units.records[unit], units.dataRecords[unit]}.pack();
      if (!split(options_.topics[topic], units.bytes.subspan(start, units.ends[unit] - start), message)) {
        message.err = RD_KAFKA_RESP_ERR_INVALID_RECORD;
      }
    }
  }

  // Hands messages over; returns how many are done with, fewer only when the queue is full.
  uint32_t hand(size_t topic, uint32_t count) {
    const bool whole = std::none_of(messages_.begin(), messages_.begin() + count, [](const auto& message) {
      return message.err != RD_KAFKA_RESP_ERR_NO_ERROR;
    });
    if (headers_ == nullptr && whole) {
      const int taken = library_.produce_batch_(topics_[topic], RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                                                messages_.data(), static_cast<int>(count));
      if (taken == static_cast<int>(count)) return count;
    } else {
      for (uint32_t i = 0; i < count; i++) {
        if (messages_[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) handOne(topic, messages_[i]);
        if (messages_[i].err != RD_KAFKA_RESP_ERR__QUEUE_FULL) continue;
        std::for_each(messages_.begin() + i, messages_.begin() + count,
                      [](auto& message) { message.err = RD_KAFKA_RESP_ERR__QUEUE_FULL; });
        break;
      }
    }
    return settle(count);
  }

  void handOne(size_t topic, rd_kafka_message_t& message) {
    rd_kafka_headers_t* const headers = headers_ == nullptr ? nullptr : library_.headers_copy_(headers_);
    rd_kafka_vu_t parts[6];
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topics_[topic];
    parts[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[1].u.i = RD_KAFKA_MSG_F_COPY;
    parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[2].u.mem = {message.payload, message.len};
    parts[3].vtype = RD_KAFKA_VTYPE_KEY;
    parts[3].u.mem = {message.key, message.key_len};
    parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
    parts[4].u.ptr = message._private;
    parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[5].u.headers = headers;
    rd_kafka_error_t* const error = library_.produceva_(client_, parts, headers == nullptr ? 5 : 6);
    if (error == nullptr) return;
    message.err = library_.error_code_(error);
    library_.error_destroy_(error);
    if (headers != nullptr) library_.headers_destroy_(headers);
  }

  // Messages that were refused at once; those behind the first that found the queue full were not taken.
  uint32_t settle(uint32_t count) {
    uint32_t refused = 0;
    uint32_t index = 0;
    for (; index < count && messages_[index].err != RD_KAFKA_RESP_ERR__QUEUE_FULL; index++) {
      if (messages_[index].err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      refused++;
      fail(messages_[index]);
    }
    if (refused > 0) wake_();
    return index;
  }

  void fail(const rd_kafka_message_t& message) {
    const KafkaTicket ticket = KafkaTicket::unpack(message._private);
    const char* const code = library_.err2name_(message.err);
    const char* const text = library_.err2str_(message.err);
    if (isRejected(message.err)) {
      accounts_.rejected(ticket, code, text);
    } else {
      accounts_.failed(ticket, textOf(message.key, message.key_len), textOf(message.payload, message.len), code, text);
    }
  }

  // The reporting thread.
  void run() {
    pthread_setname_np(pthread_self(), "weir kafka");
    while (!closing_.load()) {
      if (purging_.exchange(false)) library_.purge_(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      if (flushing_.load() && library_.flush_(client_, kFlushMs) == RD_KAFKA_RESP_ERR_NO_ERROR) flushing_.store(false);
      serve(flushing_.load() ? kFlushMs : kIdleMs);
    }
    library_.purge_(client_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int waited = 0; library_.outq_len_(client_) > 0 && waited < kLastReportsMs; waited += kFlushMs) serve(kFlushMs);
    end();
  }

  // Serves what is there; waits at most waitMs for the first event.
  void serve(int waitMs) {
    bool any = false;
    for (rd_kafka_event_t* event = library_.queue_poll_(queue_, waitMs); event != nullptr;
         event = library_.queue_poll_(queue_, 0)) {
      take(event);
      library_.event_destroy_(event);  // the messages of a report leave the queue here
      any = true;
    }
    if (any) wake_();
  }

  void take(rd_kafka_event_t* event) {
    switch (library_.event_type_(event)) {
      case RD_KAFKA_EVENT_DR: takeReports(event); break;
      case RD_KAFKA_EVENT_ERROR: takeError(event); break;
      case RD_KAFKA_EVENT_STATS:
        accounts_.event(KafkaEvent::Kind::statistics, "", library_.event_stats_(event));
        break;
      case RD_KAFKA_EVENT_LOG: {
        const char* facility = "";
        const char* text = "";
        int level = 0;
        if (library_.event_log_(event, &facility, &text, &level) == 0) {
          accounts_.event(KafkaEvent::Kind::log, facility, text);
        }
        break;
      }
      default: break;
    }
  }

  void takeReports(rd_kafka_event_t* event) {
    uint64_t records = 0;
    uint64_t units = 0;
    uint64_t octets = 0;
    while (const rd_kafka_message_t* message = library_.event_message_next_(event)) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fail(*message);
        continue;
      }
      records += KafkaTicket::unpack(message->_private).records;
      units++;
      octets += message->len + message->key_len;
    }
    if (units > 0) accounts_.delivered(records, units, octets);
  }

  void takeError(rd_kafka_event_t* event) {
    const bool fatal = library_.event_error_is_fatal_(event) != 0;
    accounts_.event(fatal ? KafkaEvent::Kind::fatal : KafkaEvent::Kind::error,
                    library_.err2name_(library_.event_error_(event)), library_.event_error_string_(event));
  }

  void end() {
    for (rd_kafka_topic_t* topic : topics_) library_.topic_destroy_(topic);
    if (headers_ != nullptr) library_.headers_destroy_(headers_);
    library_.queue_destroy_(queue_);
    library_.destroy_(client_);
    closed_.store(true);
    wake_();
  }

  const KafkaLibrary& library_;
  const KafkaOptions options_;
  const std::function<void()> wake_;
  KafkaAccounts accounts_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
  std::vector<rd_kafka_topic_t*> topics_;
  rd_kafka_headers_t* headers_ = nullptr;
  std::vector<rd_kafka_message_t> messages_;  // of the batch in hand; Node's thread
  std::atomic<bool> flushing_{false};
  std::atomic<bool> purging_{false};
  std::atomic<bool> closing_{false};
  std::atomic<bool> closed_{false};
  std::thread thread_;
};

KafkaProducer::KafkaProducer(const KafkaOptions& options, std::function<void()> wake)
    : session_(std::make_unique<Session>(options, std::move(wake))) {}
KafkaProducer::~KafkaProducer() = default;
uint32_t KafkaProducer::produce(size_t topic, const KafkaUnits& units) { return session_->produce(topic, units); }
KafkaReport KafkaProducer::take() { return session_->accounts().take(); }
std::vector<KafkaEvent> KafkaProducer::takeEvents() { return session_->accounts().takeEvents(); }
KafkaReturned KafkaProducer::takeReturned(size_t topic) { return session_->accounts().takeReturned(topic); }
uint32_t KafkaProducer::queued() const { return session_->queued(); }
void KafkaProducer::flush() { session_->flush(); }
void KafkaProducer::purge() { session_->purge(); }
void KafkaProducer::close() { session_->close(); }
bool KafkaProducer::closed() const { return session_->closed(); }

}  // namespace weir

#else

#include "kafka/availability.h"

namespace weir {

class KafkaProducer::Session {};

KafkaProducer::KafkaProducer(const KafkaOptions&, std::function<void()>) {
  throw Error("WEIR_KAFKA_LIBRARY", kafkaAvailability().reason);
}
KafkaProducer::~KafkaProducer() = default;
uint32_t KafkaProducer::produce(size_t, const KafkaUnits& units) { return units.from; }
KafkaReport KafkaProducer::take() { return {}; }
std::vector<KafkaEvent> KafkaProducer::takeEvents() { return {}; }
KafkaReturned KafkaProducer::takeReturned(size_t) { return {}; }
uint32_t KafkaProducer::queued() const { return 0; }
void KafkaProducer::flush() {}
void KafkaProducer::purge() {}
void KafkaProducer::close() {}
bool KafkaProducer::closed() const { return true; }

}  // namespace weir

#endif
