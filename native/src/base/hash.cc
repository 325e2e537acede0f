#include "base/hash.h"

#include <sys/random.h>

namespace weir {

HashSeed randomSeed() {
  HashSeed seed;
  // Early boot without entropy keeps the constants: still correct, only guessable.
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof seed)) seed = HashSeed{};
  seed.a |= 1;
  seed.b |= 1;
  return seed;
}

}  // namespace weir
