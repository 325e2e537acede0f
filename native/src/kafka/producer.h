// A Kafka producer over librdkafka: takes runs of units in one call, counts delivery reports on a thread of its own, and
// keeps what the broker did not take so that it can be given back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace weir {

struct KafkaTopic {
  std::string name;
  bool keyed = false;       // each unit begins with its key: length (2 octets, big-endian) and octets
  std::string constantKey;  // key of every message of a topic that is not keyed; empty = none
};

struct KafkaOptions {
  std::vector<std::pair<std::string, std::string>> properties;  // librdkafka's, in order
  std::vector<KafkaTopic> topics;                               // four at most
  std::vector<std::pair<std::string, std::string>> headers;     // on every message
};

// Units [from, to) back to back in bytes; the arrays are as in UnitRun of src/sinks/sink.ts.
struct KafkaUnits {
  std::span<const uint8_t> bytes;
  std::span<const uint32_t> ends;
  std::span<const uint32_t> records;
  std::span<const uint32_t> dataRecords;
  uint32_t from = 0;
  uint32_t to = 0;
};

// Units that were not delivered, with their keys as they came.
struct KafkaReturned {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> ends;
  std::vector<uint32_t> records;
  std::vector<uint32_t> dataRecords;
};

// Sums since the last take().
struct KafkaReport {
  uint64_t records = 0;  // delivered
  uint64_t units = 0;
  uint64_t octets = 0;  // values and keys
  uint64_t rejectedRecords = 0;  // refused for what they are: sending them again would not help
  uint64_t rejectedUnits = 0;
  uint64_t returnedUnits = 0;  // waiting in takeReturned()
  uint64_t events = 0;         // waiting in takeEvents()
};

// Equal failures and errors since the last takeEvents() are one event.
struct KafkaEvent {
  enum class Kind : uint8_t {
    rejected,  // messages refused for good
    failed,    // messages that come back
    error,     // of the client: broker away, TLS, authentication
    fatal,     // of the producer: only a new one can go on
    log,
    statistics,  // librdkafka's JSON
  } kind;
  std::string code;  // librdkafka's name of the error (MSG_TIMED_OUT), or the log facility
  std::string text;
  uint64_t count = 1;
  uint32_t topic = 0;  // of rejected and failed messages
};

class KafkaProducer {
 public:
  // Throws Error WEIR_KAFKA naming every bad property. wake is called from another thread whenever there is something new
  // to take.
  KafkaProducer(const KafkaOptions& options, std::function<void()> wake);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // Copies units into librdkafka's queue. Returns the index of the first one not taken: units.to, or less when the queue is
  // full. Units that fail at once count as taken and come back like those that fail later. Never blocks.
  uint32_t produce(size_t topic, const KafkaUnits& units);

  KafkaReport take();
  std::vector<KafkaEvent> takeEvents();
  KafkaReturned takeReturned(size_t topic);
  // Messages and requests that wait in librdkafka.
  uint32_t queued() const;

  // All three return at once; their effect comes as reports. flush: what waits is sent without lingering. purge: what is
  // not delivered yet fails now. close: purges and ends; closed() turns true.
  void flush();
  void purge();
  void close();
  bool closed() const;

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace weir
