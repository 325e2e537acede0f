#include <doctest/doctest.h>

#include "base/error.h"
#include "dpi/filter.h"

using namespace weir;

namespace {

ApplicationNames someNames() {
  ApplicationNames names;
  names.applications = {{"Unknown", 0, 7}, {"DNS", 2, 1}, {"TLS", 1, 0}, {"MDNS", 2, 1}, {"Netflix", 3, 2}};
  names.categories = {"Unspecified", "Web", "Network", "Video"};
  names.breeds = {"Safe", "Acceptable", "Fun", "Potentially Dangerous"};
  return names;
}

FlowApplication flow(uint16_t application, uint16_t master = 0, uint16_t category = 0, uint8_t breed = 0) {
  FlowApplication block{};
  block.application = application;
  block.master = master;
  block.category = category;
  block.breed = breed;
  return block;
}

std::string complaint(std::string_view text) {
  try {
    ApplicationFilter filter(text, someNames());
  } catch (const Error& error) {
    CHECK(error.code() == "WEIR_DPI_FILTER");
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("without names every flow is wanted") {
  CHECK(ApplicationFilter().wants(flow(2)));
  CHECK(ApplicationFilter(" , ", someNames()).wants(flow(0)));
}

TEST_CASE("names keep only their flows") {
  const ApplicationFilter filter("tls, DNS", someNames());
  CHECK(filter.wants(flow(2)));
  CHECK(filter.wants(flow(1)));
  CHECK_FALSE(filter.wants(flow(3)));
  CHECK_FALSE(filter.wants(flow(0)));
  CHECK(filter.wants(flow(4, 2)));  // TLS.Netflix
}

TEST_CASE("an exclamation mark keeps flows away") {
  const ApplicationFilter filter("!mdns", someNames());
  CHECK(filter.wants(flow(1)));
  CHECK(filter.wants(flow(0)));
  CHECK_FALSE(filter.wants(flow(3)));
}

TEST_CASE("what is kept away stays away when something else would keep it") {
  const ApplicationFilter filter("network,! mdns", someNames());
  CHECK(filter.wants(flow(1, 0, 2)));
  CHECK_FALSE(filter.wants(flow(3, 0, 2)));
  CHECK_FALSE(filter.wants(flow(2, 0, 1)));
}

TEST_CASE("categories, breeds and lists count") {
  const ApplicationFilter filter("video,potentially-dangerous", someNames());
  CHECK(filter.wants(flow(4, 2, 3, 2)));
  CHECK(filter.wants(flow(2, 0, 1, 3)));
  CHECK_FALSE(filter.wants(flow(2, 0, 1, 0)));
  FlowApplication listed = flow(2, 0, 1, 0);
  listed.listCategory = 3;
  CHECK_FALSE(filter.wants(listed));
  listed.flags = kListed;
  CHECK(filter.wants(listed));
}

TEST_CASE("unknown is a flow without application, whatever its category says") {
  const ApplicationFilter filter("unknown", someNames());
  CHECK(filter.wants(flow(0)));
  CHECK_FALSE(filter.wants(flow(2)));
  const ApplicationFilter safe("safe", someNames());
  CHECK_FALSE(safe.wants(flow(0)));
  CHECK(safe.wants(flow(2)));
}

TEST_CASE("every name that nobody knows is told with the nearest ones") {
  const std::string text = complaint("tls,netflx,!dsn,vid");
  CHECK(text.find("'netflx'") != std::string::npos);
  CHECK(text.find("Netflix") != std::string::npos);
  CHECK(text.find("'dsn'") != std::string::npos);
  CHECK(text.find("DNS") != std::string::npos);
  CHECK(text.find("Video") != std::string::npos);
  CHECK(text.find("'tls'") == std::string::npos);
  CHECK(complaint("!").find("''") != std::string::npos);
}
