#include "attribution/process_table.h"

#include <doctest/doctest.h>

#include "socket_events_maker.h"

using namespace weir;

namespace {

weir_process_event eventOf(uint16_t kind, double seconds, const weir_process& process) {
  weir_process_event event{};
  event.event = {Events::ns(seconds), kind, sizeof event, 0};
  event.process = process;
  return event;
}

ProcessFacts factsOf(const weir_process& process, const char* executable) {
  ProcessFacts facts;
  facts.key = processKeyOf(process);
  facts.parent = {process.parent_tgid, process.parent_start_ns / kNsPerTick};
  facts.name = process.name;
  facts.executable = executable;
  return facts;
}

}  // namespace

TEST_CASE("ids that are used again are other processes") {
  ProcessTable table({});
  table.carry(processOf(50, 5 * kSecond, "first"));
  table.carry(processOf(50, 6 * kSecond, "second"));
  CHECK(table.size() == 2);
  CHECK(table.find({50, 500})->name() == "first");
  CHECK(table.find({50, 600})->name() == "second");
  CHECK(table.find({50, 700}) == nullptr);
}

TEST_CASE("what /proc says belongs to the process that was asked for, or it was missed") {
  ProcessTable table({});
  const weir_process process = processOf(50);
  table.carry(process);
  ProcessFacts other = factsOf(processOf(50, 9 * kSecond), "/bin/other");
  CHECK(table.complete(processKeyOf(process), other, {}, 1));
  CHECK(table.find(processKeyOf(process))->reading == ProcessEntry::missed);
  CHECK(!table.find(processKeyOf(process))->hasFacts);
  CHECK(table.complete(processKeyOf(process), factsOf(process, "/bin/server"), {}, 1));
  CHECK(table.find(processKeyOf(process))->facts.executable == "/bin/server");
  CHECK(!table.complete({51, 1}, std::nullopt, {}, 1));
}

TEST_CASE("exec gives the new name and asks for another look; those nobody asked for stay unknown") {
  ProcessTable table({});
  table.apply(eventOf(WEIR_EXEC, 1, processOf(60)), false);
  CHECK(table.size() == 0);
  const weir_process process = processOf(50, 5 * kSecond, "sh");
  table.carry(process).reading = ProcessEntry::read;
  table.apply(eventOf(WEIR_EXEC, 2, processOf(50, 5 * kSecond, "curl")), false);
  const ProcessEntry* entry = table.find(processKeyOf(process));
  CHECK(entry->name() == "curl");
  CHECK(entry->reading == ProcessEntry::unread);
  table.apply(eventOf(WEIR_EXEC, 3, processOf(61)), true);
  CHECK(table.size() == 2);
}

TEST_CASE("the latest name counts, by event or by /proc, in whatever order they come") {
  ProcessTable table({});
  const ProcessKey key = processKeyOf(processOf(50));
  table.carry(processOf(50, 5 * kSecond, "sh"), Events::ns(1));
  CHECK(table.complete(key, factsOf(processOf(50, 5 * kSecond, "worker"), "/bin/sh"), {}, Events::ns(3)));
  table.carry(processOf(50, 5 * kSecond, "sh"), Events::ns(2));  // waited in the ring
  CHECK(table.find(key)->name() == "worker");
  table.carry(processOf(50, 5 * kSecond, "renamed"), Events::ns(4));
  CHECK(table.find(key)->name() == "renamed");
  CHECK(table.complete(key, factsOf(processOf(50, 5 * kSecond, "worker"), "/bin/sh"), {}, Events::ns(3.5)));
  CHECK(table.find(key)->name() == "renamed");
}

TEST_CASE("what was read before an exec is not what it is now") {
  ProcessTable table({});
  const weir_process process = processOf(50, 5 * kSecond, "sh");
  table.carry(process, Events::ns(1)).reading = ProcessEntry::queued;
  table.apply(eventOf(WEIR_EXEC, 2, processOf(50, 5 * kSecond, "curl")), false);
  CHECK(table.complete(processKeyOf(process), factsOf(process, "/bin/sh"), {}, Events::ns(1.5)));
  const ProcessEntry* entry = table.find(processKeyOf(process));
  CHECK(entry->reading == ProcessEntry::unread);
  CHECK(!entry->hasFacts);
  CHECK(entry->name() == "curl");
}

TEST_CASE("a process that ended stays for the keep time") {
  ProcessTable table({1024, 10 * kSecond});
  table.carry(processOf(50));
  table.carry(processOf(51));
  table.apply(eventOf(WEIR_EXIT, 2, processOf(50)), false);
  table.forget(Events::ns(11));
  CHECK(table.size() == 2);
  table.forget(Events::ns(13));
  CHECK(table.size() == 1);
}

TEST_CASE("bounded: the longest unused leaves") {
  ProcessTable table({4, kSecond});
  for (uint32_t i = 0; i < 4; i++) table.carry(processOf(100 + i));
  table.carry(processOf(100));
  table.carry(processOf(200));
  CHECK(table.size() == 4);
  CHECK(table.evicted() == 1);
  CHECK(table.find({101, 500}) == nullptr);
  CHECK(table.find({100, 500}) != nullptr);
}

TEST_CASE("ancestors, nearest first, from the parent's parent on") {
  ProcessTable table({});
  const auto child = [](uint32_t tgid, uint32_t parent, const char* name) {
    weir_process process = processOf(tgid, tgid * kSecond, name);
    process.parent_tgid = parent;
    process.parent_start_ns = parent * kSecond;
    return process;
  };
  table.carry(child(1, 0, "init"));
  table.add(factsOf(child(2, 1, "sshd"), "/usr/sbin/sshd"));
  table.carry(child(3, 2, "bash"));
  table.carry(child(4, 3, "make"));
  const ProcessEntry& leaf = table.carry(child(5, 4, "curl"));
  CHECK(table.ancestors(leaf, 1) == "bash:3");
  CHECK(table.ancestors(leaf, 9) == "bash:3 sshd:2 init:1");
}
