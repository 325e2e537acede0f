// A batch under way from C++ to JavaScript.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

// Where records are put: caller-owned memory.
struct BatchBuffer {
  uint8_t* records;
  size_t stride;
  uint32_t capacity;
  uint8_t* heap;
  size_t heapSize;
  uint32_t count = 0;
  size_t heapUsed = 0;
};

}  // namespace weir
