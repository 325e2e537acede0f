// What the makers of bench traces share: the same random numbers on every machine, and a writer of pcap files.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace weir::bench {

inline constexpr uint64_t kStartUs = 1'700'000'000'000'000;

// xorshift64*: the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull) {}
  uint32_t operator()() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>(state_ * 0x2545f4914f6cdd1dull >> 32);
  }
  double unit() { return ((*this)() + 1.0) / 4294967297.0; }
  double exponential() { return -std::log(unit()); }

 private:
  uint64_t state_;
};

class Writer {
 public:
  Writer(const std::string& path, uint32_t snap) : snap_(snap) {
    file_ = std::fopen(path.c_str(), "wb");
    if (file_ == nullptr) {
      std::perror(path.c_str());
      std::exit(1);
    }
    std::setvbuf(file_, nullptr, _IOFBF, 1 << 22);
    const uint32_t head[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
    std::fwrite(head, sizeof head, 1, file_);
  }
  ~Writer() { std::fclose(file_); }
  void frame(uint64_t us, const uint8_t* data, uint32_t length) {
    const uint32_t captured = length < snap_ ? length : snap_;
    const uint64_t at = kStartUs + us;
    const uint32_t head[4] = {static_cast<uint32_t>(at / 1'000'000), static_cast<uint32_t>(at % 1'000'000), captured, length};
    std::fwrite(head, sizeof head, 1, file_);
    std::fwrite(data, captured, 1, file_);
    frames++;
  }
  uint64_t frames = 0;

 private:
  std::FILE* file_;
  uint32_t snap_;
};

inline void put16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

}  // namespace weir::bench
