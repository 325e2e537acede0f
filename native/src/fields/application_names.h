// Names of what nDPI numbers: applications, categories, breeds, confidences, risks. Set once when the library is loaded
// and again when a file of custom protocols is read anew; encoders read it. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct ApplicationName {
  std::string name;      // "TLS"
  uint16_t category = 0;
  uint8_t breed = 0;
};

struct ApplicationNames {
  std::vector<ApplicationName> applications;  // by number; an empty name = there is none
  std::vector<std::string> categories, breeds, confidences, risks;

  std::string_view application(uint16_t number) const {
    return number < applications.size() ? std::string_view(applications[number].name) : std::string_view();
  }
};

// Never null; without nDPI everything is empty. The one that was returned stays valid while it is held.
std::shared_ptr<const ApplicationNames> applicationNames();
void setApplicationNames(std::shared_ptr<const ApplicationNames> names);

}  // namespace weir
