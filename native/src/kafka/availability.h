// Whether Kafka messages can be produced by librdkafka here, and why not.
#pragma once

#include <string>

namespace weir {

struct KafkaAvailability {
  bool available = false;
  std::string version;  // of the library that was loaded, empty when there is none
  std::string reason;   // why it is not available, empty when it is
};

// Loads librdkafka when called first.
KafkaAvailability kafkaAvailability();

}  // namespace weir
