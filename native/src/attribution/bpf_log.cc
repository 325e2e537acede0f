#include "attribution/bpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <vector>

namespace weir {
namespace {

thread_local std::string* listener = nullptr;

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG || listener == nullptr) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  if (length > 0) {
    const size_t before = listener->size();
    listener->resize(before + static_cast<size_t>(length) + 1);
    std::vsnprintf(listener->data() + before, static_cast<size_t>(length) + 1, format, again);
    listener->resize(before + static_cast<size_t>(length));
  }
  va_end(again);
  return length;
}

constexpr std::string_view kProgram = "prog '";

std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// "libbpf: prog 'x': failed ..." -> "failed ..."
std::string_view withoutPrefix(std::string_view line) {
  if (line.starts_with("libbpf: ")) line.remove_prefix(8);
  const size_t named = line.starts_with(kProgram) ? line.find("': ") : std::string_view::npos;
  return named == std::string_view::npos ? line : line.substr(named + 3);
}

std::string tracepointReason(std::string_view line) {
  constexpr std::string_view kMissing = "failed to find kernel BTF type ID of '";
  const size_t at = line.find(kMissing);
  if (at == std::string_view::npos) return std::string(line);
  const std::string_view name = line.substr(at + kMissing.size());
  return "this kernel has no " + std::string(name.substr(0, name.find('\'')));
}

}  // namespace

BpfLog::BpfLog() {
  libbpf_set_print(keep);
  listener = &text_;
}

BpfLog::~BpfLog() { listener = nullptr; }

std::string_view refusedProgram(std::string_view log) {
  const size_t at = log.find(kProgram);
  if (at == std::string_view::npos) return {};
  const std::string_view name = log.substr(at + kProgram.size());
  return name.substr(0, name.find('\''));
}

std::string refusalReason(std::string_view log) {
  const auto lines = linesOf(log);
  std::string_view last;
  bool verifier = false;
  for (const std::string_view line : lines) {
    if (line.find("BEGIN PROG LOAD LOG") != std::string_view::npos) {
      verifier = true;
    } else if (verifier && (line.starts_with("processed ") || line.find("END PROG LOAD LOG") != std::string_view::npos)) {
      break;
    } else if (verifier) {
      last = line;
    }
  }
  if (!last.empty()) return std::string(last);
  return lines.empty() ? "no reason given" : tracepointReason(withoutPrefix(lines.front()));
}

}  // namespace weir
