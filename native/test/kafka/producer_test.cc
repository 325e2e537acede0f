// The producer against librdkafka's own mock cluster.
#include "kafka/producer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "kafka/accounts.h"
#include "kafka/availability.h"

#ifdef WEIR_HAVE_LIBRDKAFKA
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "kafka/library.h"

using namespace weir;

namespace {

constexpr int16_t kProduceRequest = 0;  // ApiKey

bool skipped() {
  const KafkaAvailability found = kafkaAvailability();
  if (!found.available) MESSAGE("skipped: " << found.reason);
  return !found.available;
}

template <class Function>
Function mockFunction(const char* name) {
  void* const library = dlopen("librdkafka.so.1", RTLD_NOW | RTLD_NOLOAD);
  return reinterpret_cast<Function>(dlsym(library, name));
}

// A cluster of one broker that lives as long as this object.
class MockCluster {
 public:
  MockCluster() {
    char text[256];
    rd_kafka_conf_t* const settings = kafkaLibrary().conf_new_();
    kafkaLibrary().conf_set_(settings, "bootstrap.servers", "127.0.0.1:1", text, sizeof text);  // not used, but missed
    kafkaLibrary().conf_set_(settings, "log_level", "0", text, sizeof text);
    handle_ = kafkaLibrary().new_(RD_KAFKA_PRODUCER, settings, text, sizeof text);
    cluster_ = mockFunction<decltype(&rd_kafka_mock_cluster_new)>("rd_kafka_mock_cluster_new")(handle_, 1);
  }
  ~MockCluster() {
    mockFunction<decltype(&rd_kafka_mock_cluster_destroy)>("rd_kafka_mock_cluster_destroy")(cluster_);
    kafkaLibrary().destroy_(handle_);
  }
  std::string address() const {
    return mockFunction<decltype(&rd_kafka_mock_cluster_bootstraps)>("rd_kafka_mock_cluster_bootstraps")(cluster_);
  }
  void failProduce(rd_kafka_resp_err_t error) {
    mockFunction<decltype(&rd_kafka_mock_push_request_errors)>("rd_kafka_mock_push_request_errors")(
        cluster_, kProduceRequest, 1, error);
  }

 private:
  rd_kafka_t* handle_;
  rd_kafka_mock_cluster_t* cluster_;
};

// A producer and the sums of what it reported.
class Client {
 public:
  explicit Client(const KafkaOptions& options) : producer_(options, [this] { wake(); }) {}

  KafkaProducer& producer() { return producer_; }
  KafkaReport sums;
  std::vector<KafkaEvent> events;

  template <class Condition>
  bool until(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      const KafkaReport report = producer_.take();
      sums.records += report.records;
      sums.units += report.units;
      sums.octets += report.octets;
      sums.rejectedRecords += report.rejectedRecords;
      sums.rejectedUnits += report.rejectedUnits;
      sums.returnedUnits = report.returnedUnits;
      for (KafkaEvent& event : producer_.takeEvents()) events.push_back(std::move(event));
      return condition();
    });
  }
  bool has(KafkaEvent::Kind kind, const std::string& code) const {
    for (const KafkaEvent& event : events) {
      if (event.kind == kind && event.code == code) return true;
    }
    return false;
  }

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  KafkaProducer producer_;
};

KafkaOptions options(const std::string& brokers, std::vector<std::pair<std::string, std::string>> more = {}) {
  KafkaOptions result;
  result.properties = {{"bootstrap.servers", brokers}, {"linger.ms", "1"}};
  for (auto& property : more) result.properties.push_back(std::move(property));
  result.topics = {{"flows", true, ""}, {"statistics", false, "probe"}};
  return result;
}

// Units and the arrays that describe them.
struct Run {
  explicit Run(const std::vector<std::string>& units, uint32_t recordsEach = 1) {
    for (const std::string& unit : units) {
      bytes.insert(bytes.end(), unit.begin(), unit.end());
      ends.push_back(static_cast<uint32_t>(bytes.size()));
      records.push_back(recordsEach);
      dataRecords.push_back(2 * recordsEach);
    }
  }
  KafkaUnits units(uint32_t from = 0) const {
    return {bytes, ends, records, dataRecords, from, static_cast<uint32_t>(ends.size())};
  }
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> ends, records, dataRecords;
};

std::string keyed(const std::string& key, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(key.size()) + key + value;
}

}  // namespace

TEST_CASE("counts of a message travel in its opaque pointer") {
  const KafkaTicket ticket = KafkaTicket::unpack(KafkaTicket{3, 0x7fffffff, 0x7ffffffe}.pack());
  CHECK(ticket.topic == 3);
  CHECK(ticket.records == 0x7fffffff);
  CHECK(ticket.dataRecords == 0x7ffffffe);
}

TEST_CASE("every bad property is named") {
  if (skipped()) return;
  try {
    Client client(options("127.0.0.1:1", {{"no.such", "1"}, {"linger.ms", "soon"}}));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_KAFKA");
    CHECK(std::string(error.what()).find("no.such") != std::string::npos);
    CHECK(std::string(error.what()).find("linger.ms") != std::string::npos);
  }
}

TEST_CASE("units are delivered and counted by topic, with and without headers") {
  if (skipped()) return;
  MockCluster cluster;
  for (const bool headers : {false, true}) {
    KafkaOptions given = options(cluster.address());
    if (headers) given.headers = {{"schema", "ipfix"}};
    Client client(given);
    const Run flows({keyed("k1", "one"), keyed("", "two")}, 3);
    const Run statistics({"sums"}, 0);
    CHECK(client.producer().produce(0, flows.units()) == 2);
    CHECK(client.producer().produce(1, statistics.units()) == 1);
    CHECK(client.until([&] { return client.sums.units == 3; }));
    CHECK(client.sums.records == 6);
    CHECK(client.sums.octets == 2 + 3 + 3 + 4 + 5);
    client.producer().close();
    CHECK(client.until([&] { return client.producer().closed(); }));
  }
}

TEST_CASE("a full queue takes the first units only") {
  if (skipped()) return;
  Client client(options("127.0.0.1:1", {{"queue.buffering.max.messages", "700"}}));
  const Run run(std::vector<std::string>(1000, keyed("k", "v")));
  CHECK(client.producer().produce(0, run.units(100)) == 800);
  CHECK(client.producer().produce(0, run.units(800)) == 800);
  client.producer().close();
  CHECK(client.until([&] { return client.producer().closed(); }));
  CHECK(client.producer().takeReturned(0).ends.size() == 700);
}

TEST_CASE("a refused batch comes back as it was given, and passes the second time") {
  if (skipped()) return;
  MockCluster cluster;
  Client client(options(cluster.address()));
  cluster.failProduce(RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS);
  const Run run({keyed("key", "value")}, 5);
  CHECK(client.producer().produce(0, run.units()) == 1);
  CHECK(client.until([&] { return client.sums.returnedUnits == 1; }));
  CHECK(client.has(KafkaEvent::Kind::failed, "INVALID_REQUIRED_ACKS"));
  const KafkaReturned back = client.producer().takeReturned(0);
  CHECK(back.bytes == run.bytes);
  CHECK(back.ends == run.ends);
  CHECK(back.records == run.records);
  CHECK(back.dataRecords == run.dataRecords);
  CHECK(client.producer().takeReturned(0).ends.empty());
  CHECK(client.producer().produce(0, run.units()) == 1);
  CHECK(client.until([&] { return client.sums.records == 5; }));
}

TEST_CASE("what is too large or has no whole key is rejected, the others pass") {
  if (skipped()) return;
  MockCluster cluster;
  Client client(options(cluster.address(), {{"message.max.bytes", "2000"}}));
  const Run run({keyed("a", "one"), keyed("a", std::string(3000, 'x')), std::string("\0\x09" "a", 3), keyed("a", "two")});
  CHECK(client.producer().produce(0, run.units()) == 4);
  CHECK(client.until([&] { return client.sums.units == 2 && client.sums.rejectedUnits == 2; }));
  CHECK(client.has(KafkaEvent::Kind::rejected, "MSG_SIZE_TOO_LARGE"));
  CHECK(client.has(KafkaEvent::Kind::rejected, "INVALID_RECORD"));
}

TEST_CASE("a broker that is away is an event; flush and purge return at once") {
  if (skipped()) return;
  Client client(options("127.0.0.1:1"));
  const Run run({keyed("k", "v")});
  client.producer().produce(0, run.units());
  client.producer().flush();
  CHECK(client.until([&] { return client.has(KafkaEvent::Kind::error, "_ALL_BROKERS_DOWN"); }));
  client.producer().purge();
  CHECK(client.until([&] { return client.sums.returnedUnits == 1; }));
  CHECK(client.has(KafkaEvent::Kind::failed, "_PURGE_QUEUE"));
}

#else

TEST_CASE("Kafka producer") { MESSAGE("skipped: " << weir::kafkaAvailability().reason); }

#endif
