// Elements of the catalogue by name.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "fields/field_table.h"

namespace weir::test {

inline const Element& find(std::string_view name) {
  for (const Element& element : elements()) {
    if (name == element.name) return element;
  }
  FAIL("no element " << std::string(name));
  return elements()[0];
}

}  // namespace weir::test
