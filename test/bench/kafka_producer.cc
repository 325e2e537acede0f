// A bare librdkafka producer: sends the messages of a file with weir's default properties and waits for all reports.
// Usage: bench_kafka_producer BROKERS TOPIC FILE. Prints one line of JSON; its clock begins when the file is in memory.
// The file, from setup/bench_export.mjs: a row of length (4 octets, little-endian) and unit (kafka/producer.h: key and value).
#include <cstdio>

#ifdef WEIR_HAVE_LIBRDKAFKA

#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

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

std::vector<char> read(const char* file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The message at `at`, whose octets are the file's; returns where the next one begins.
size_t take(std::vector<char>& file, size_t at, rd_kafka_message_t& message) {
  uint32_t length;
  std::memcpy(&length, file.data() + at, sizeof length);
  char* const unit = file.data() + at + sizeof length;
  message.key_len = static_cast<size_t>(static_cast<uint8_t>(unit[0]) << 8 | static_cast<uint8_t>(unit[1]));
  message.key = unit + 2;
  message.payload = unit + 2 + message.key_len;
  message.len = length - 2 - message.key_len;
  return at + sizeof length + length;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::vector<char> file = read(argv[3]);
  const weir::KafkaLibrary& library = weir::kafkaLibrary();
  const std::clock_t cpuStart = std::clock();  // of all threads
  const auto start = std::chrono::steady_clock::now();
  rd_kafka_t* const client = open(argv[1]);
  rd_kafka_queue_t* const queue = library.queue_get_main_(client);
  rd_kafka_topic_t* const topic = library.topic_new_(client, argv[2], nullptr);
  Sums sums;
  uint64_t produced = 0;
  for (size_t at = 0; at < file.size() || sums.delivered + sums.failed < produced;) {
    bool full = false;
    for (const uint64_t pause = produced + kBetweenReports; at < file.size() && produced < pause && !full;) {
      rd_kafka_message_t message{};
      const size_t next = take(file, at, message);
      full = library.produce_batch_(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, &message, 1) != 1;
      if (full) continue;
      at = next;
      produced++;
    }
    int waitMs = full || at == file.size() ? 100 : 0;
    for (; rd_kafka_event_t* event = library.queue_poll_(queue, waitMs); waitMs = 0) count(event, sums);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const double cpu = static_cast<double>(std::clock() - cpuStart) / CLOCKS_PER_SEC;
  std::printf("{\"messages\":%llu,\"failed\":%llu,\"seconds\":%.3f,\"cpu\":%.3f}\n",
              static_cast<unsigned long long>(sums.delivered), static_cast<unsigned long long>(sums.failed),
              seconds.count(), cpu);
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
