#include "attribution/container_table.h"

#include <doctest/doctest.h>

using namespace weir;

namespace {

constexpr uint64_t kSecond = 1'000'000'000;

}  // namespace

TEST_CASE("a container is asked about once, again a minute later while it is still seen") {
  ContainerTable table;
  CHECK(table.want("a", "docker", 50, 10 * kSecond));
  CHECK(!table.want("", "", 51, 10 * kSecond));
  auto wanted = table.wanted(11 * kSecond);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].id == "a");
  CHECK(wanted[0].runtime == "docker");
  CHECK(wanted[0].processId == 50);
  CHECK(!table.want("a", "docker", 52, 12 * kSecond));
  CHECK(table.wanted(12 * kSecond).empty());
  CHECK(table.want("a", "docker", 52, 71 * kSecond));
  CHECK(table.wanted(71 * kSecond).size() == 1);
  CHECK(table.wanted(140 * kSecond).empty());  // nobody was seen in it since
}

TEST_CASE("a container that was told about is asked about no more") {
  ContainerTable table;
  table.want("a", "docker", 50, kSecond);
  ContainerFacts facts;
  facts.id = "a";
  facts.name = "web";
  table.set({facts});
  CHECK(table.wanted(2 * kSecond).empty());
  CHECK(!table.want("a", "docker", 50, 200 * kSecond));
  CHECK(table.find("a")->name == "web");
  CHECK(table.find("b") == nullptr);
}

TEST_CASE("bounded: the question that was seen longest ago makes room") {
  ContainerTable table(2);
  table.want("a", "", 1, 1 * kSecond);
  table.want("b", "", 2, 2 * kSecond);
  table.want("c", "", 3, 3 * kSecond);
  const auto wanted = table.wanted(4 * kSecond);
  CHECK(wanted.size() == 2);
  for (const WantedContainer& container : wanted) CHECK(container.id != "a");
}
