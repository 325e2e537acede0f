// A bare librdkafka producer: the same messages as test/bench/kafka_sink.ts sends through weir, with the same properties.
// Usage: bench_kafka_producer BROKERS TOPIC MESSAGES OCTETS. Prints one line of JSON.
#include <cstdio>

#ifdef WEIR_HAVE_LIBRDKAFKA

#include <chrono>
#include <cstdlib>
#include <string>

#include "kafka/library.h"

namespace {

constexpr uint64_t kBetweenReports = 4096;  // messages produced between two looks at the reports

struct Sums {
  uint64_t delivered = 0;
  uint64_t failed = 0;
};

void count(rd_kafka_event_t* event, Sums& sums) {
  const weir::KafkaLibrary& library = weir::kafkaLibrary();
  while (const rd_kafka_message_t* message = library.event_message_next_(event)) {
    (message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? sums.delivered : sums.failed)++;
  }
  library.event_destroy_(event);
}

rd_kafka_t* open(const char* brokers) {
  const weir::KafkaLibrary& library = weir::kafkaLibrary();
  rd_kafka_conf_t* const settings = library.conf_new_();
  char text[512];
  const char* const properties[][2] = {{"bootstrap.servers", brokers},
                                       {"acks", "all"},
                                       {"enable.idempotence", "true"},
                                       {"compression.codec", "lz4"},
                                       {"linger.ms", "50"},
                                       {"batch.num.messages", "10000"},
                                       {"queue.buffering.max.messages", "1000000"},
                                       {"queue.buffering.max.kbytes", "65536"},
                                       {"partitioner", "murmur2_random"}};
  for (const auto& [name, value] : properties) library.conf_set_(settings, name, value, text, sizeof text);
  library.conf_set_events_(settings, RD_KAFKA_EVENT_DR);
  return library.new_(RD_KAFKA_PRODUCER, settings, text, sizeof text);
}

// Message i: its number in decimal, then letters; a little repetition for the compressor, as flow records have.
void fill(std::string& value, uint64_t i) {
  char number[32];
  const int length = std::snprintf(number, sizeof number, "%020llu", static_cast<unsigned long long>(i));
  value.replace(0, static_cast<size_t>(length), number);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const uint64_t messages = std::strtoull(argv[3], nullptr, 10);
  std::string value(std::strtoull(argv[4], nullptr, 10), 'x');
  for (size_t i = 0; i < value.size(); i++) value[i] = static_cast<char>('a' + i * 7 % 26);
  const weir::KafkaLibrary& library = weir::kafkaLibrary();
  rd_kafka_t* const client = open(argv[1]);
  rd_kafka_queue_t* const queue = library.queue_get_main_(client);
  rd_kafka_topic_t* const topic = library.topic_new_(client, argv[2], nullptr);
  Sums sums;
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t i = 0; sums.delivered + sums.failed < messages;) {
    bool full = false;
    for (const uint64_t pause = i + kBetweenReports; i < messages && i < pause && !full;) {
      fill(value, i);
      rd_kafka_message_t message{};
      message.payload = value.data();
      message.len = value.size();
      message.key = value.data();
      message.key_len = 20;
      full = library.produce_batch_(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, &message, 1) != 1;
      if (!full) i++;
    }
    int waitMs = full || i == messages ? 100 : 0;
    for (; rd_kafka_event_t* event = library.queue_poll_(queue, waitMs); waitMs = 0) count(event, sums);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"messages\":%llu,\"failed\":%llu,\"seconds\":%.3f}\n", static_cast<unsigned long long>(sums.delivered),
              static_cast<unsigned long long>(sums.failed), seconds.count());
  library.topic_destroy_(topic);
  library.queue_destroy_(queue);
  library.destroy_(client);
  return sums.failed == 0 ? 0 : 1;
}

#else

int main() {
  std::puts("{\"skipped\":\"built without librdkafka-dev\"}");
  return 0;
}

#endif
