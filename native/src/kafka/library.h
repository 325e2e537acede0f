// librdkafka, loaded when first needed: weir runs without it. Included only where its header is installed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

namespace weir {

// What weir calls, without the prefix rd_kafka_.
#define WEIR_KAFKA_FUNCTIONS(call)                                                                              \
  call(version_str) call(conf_new) call(conf_set) call(conf_destroy) call(conf_set_events) call(new)            \
  call(destroy) call(topic_new) call(topic_destroy) call(produce_batch) call(produceva) call(headers_new)       \
  call(header_add) call(headers_copy) call(headers_destroy) call(error_code) call(error_destroy)                \
  call(queue_get_main) call(queue_poll) call(queue_yield) call(queue_destroy) call(event_type)                  \
  call(event_message_next) call(event_error) call(event_error_string) call(event_log) call(event_stats)         \
  call(event_destroy) call(flush) call(purge) call(outq_len) call(err2name) call(err2str) call(set_log_queue)   \
  call(event_error_is_fatal)

struct KafkaLibrary {
#define WEIR_KAFKA_MEMBER(name) decltype(&rd_kafka_##name) name##_;
  WEIR_KAFKA_FUNCTIONS(WEIR_KAFKA_MEMBER)
#undef WEIR_KAFKA_MEMBER
};

// Loads the library at the first call. Throws Error WEIR_KAFKA_LIBRARY with the reason when it cannot be loaded.
const KafkaLibrary& kafkaLibrary();

}  // namespace weir
