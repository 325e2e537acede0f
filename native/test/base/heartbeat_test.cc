#include "base/heartbeat.h"

#include <doctest/doctest.h>

using weir::Heartbeat;

TEST_CASE("heartbeat: stalls behind its last turn, unless it rests") {
  Heartbeat heart;
  CHECK_FALSE(heart.stalled(1'000'000, 0));  // has not begun
  heart.beat(100);
  CHECK_FALSE(heart.stalled(150, 50));
  CHECK(heart.stalled(151, 50));
  CHECK_FALSE(heart.stalled(90, 0));  // a coarse clock may be ahead of the reader's
  heart.rest();
  CHECK_FALSE(heart.stalled(UINT64_MAX, 50));
  heart.beat(200);
  CHECK(heart.stalled(251, 50));
}
