#include "kafka/accounts.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr size_t kMaxEvents = 64;  // kinds of trouble waiting for Node's thread; more are not told apart

}  // namespace

KafkaAccounts::KafkaAccounts(const std::vector<KafkaTopic>& topics) {
  for (size_t i = 0; i < topics.size() && i < kMaxTopics; i++) keyed_[i] = topics[i].keyed;
}

void KafkaAccounts::delivered(uint64_t records, uint64_t units, uint64_t octets) {
  const std::lock_guard lock(mutex_);
  sums_.records += records;
  sums_.units += units;
  sums_.octets += octets;
}

void KafkaAccounts::rejected(const KafkaTicket& ticket, const char* code, const char* text) {
  const std::lock_guard lock(mutex_);
  sums_.rejectedRecords += ticket.records;
  sums_.rejectedUnits++;
  add(KafkaEvent::Kind::rejected, code, text, ticket.topic);
}

void KafkaAccounts::failed(const KafkaTicket& ticket, std::string_view key, std::string_view value, const char* code,
                           const char* text) {
  const std::lock_guard lock(mutex_);
  KafkaReturned& to = returned_[ticket.topic];
  if (keyed_[ticket.topic]) {
    to.bytes.push_back(static_cast<uint8_t>(key.size() >> 8));
    to.bytes.push_back(static_cast<uint8_t>(key.size()));
    to.bytes.insert(to.bytes.end(), key.begin(), key.end());
  }
  to.bytes.insert(to.bytes.end(), value.begin(), value.end());
  to.ends.push_back(static_cast<uint32_t>(to.bytes.size()));
  to.records.push_back(ticket.records);
  to.dataRecords.push_back(ticket.dataRecords);
  sums_.returnedUnits++;
  add(KafkaEvent::Kind::failed, code, text, ticket.topic);
}

void KafkaAccounts::event(KafkaEvent::Kind kind, std::string_view code, std::string_view text) {
  const std::lock_guard lock(mutex_);
  add(kind, code, text);
}

void KafkaAccounts::add(KafkaEvent::Kind kind, std::string_view code, std::string_view text, uint32_t topic) {
  // The newest first: failures come in rows of the same kind.
  const auto same = std::find_if(events_.rbegin(), events_.rend(), [&](const KafkaEvent& event) {
    return event.kind == kind && event.code == code && event.topic == topic && kind != KafkaEvent::Kind::log;
  });
  if (same != events_.rend()) {
    same->count++;
    if (kind == KafkaEvent::Kind::statistics) same->text = text;
  } else if (events_.size() < (kind == KafkaEvent::Kind::log ? kMaxEvents / 2 : kMaxEvents)) {
    events_.push_back({kind, std::string(code), std::string(text), 1, topic});
  }
}

KafkaReport KafkaAccounts::take() {
  const std::lock_guard lock(mutex_);
  KafkaReport report = sums_;
  report.events = events_.size();
  sums_ = {};
  sums_.returnedUnits = report.returnedUnits;  // they wait until they are taken
  return report;
}

std::vector<KafkaEvent> KafkaAccounts::takeEvents() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

KafkaReturned KafkaAccounts::takeReturned(size_t topic) {
  const std::lock_guard lock(mutex_);
  sums_.returnedUnits -= returned_[topic].ends.size();
  return std::exchange(returned_[topic], {});
}

}  // namespace weir
