#include "dpi/filter.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace weir {
namespace {

constexpr size_t kNearest = 3;

// Blanks and underscores as hyphens, so that a name of two words needs no quotation marks.
std::string plain(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    if (c == ' ' || c == '_') c = '-';
  }
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Levenshtein.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::vector<std::string> allNames(const ApplicationNames& names) {
  std::vector<std::string> all{"Unknown"};
  for (const ApplicationName& application : names.applications) all.push_back(application.name);
  all.insert(all.end(), names.categories.begin(), names.categories.end());
  all.insert(all.end(), names.breeds.begin(), names.breeds.end());
  std::erase_if(all, [](const std::string& name) { return name.empty(); });
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::string nearest(std::string_view name, const ApplicationNames& names) {
  const std::string wanted = plain(name);
  std::vector<std::pair<size_t, std::string>> found;
  for (std::string& candidate : allNames(names)) {
    const std::string text = plain(candidate);
    // What begins or is contained alike is nearer than any exchange of letters.
    const size_t far = text.starts_with(wanted) ? 0 : text.find(wanted) != std::string::npos ? 1 : distance(wanted, text) + 1;
    found.emplace_back(far, std::move(candidate));
  }
  std::sort(found.begin(), found.end());
  std::string text;
  for (size_t i = 0; i < std::min(kNearest, found.size()); i++) text += (i == 0 ? "" : ", ") + found[i].second;
  return text;
}

void mark(std::vector<uint8_t>& verdicts, size_t number, uint8_t verdict) {
  if (verdicts.size() <= number) verdicts.resize(number + 1);
  verdicts[number] |= verdict;
}

template <class Names>
bool markNamed(const Names& names, std::string_view wanted, std::vector<uint8_t>& verdicts, uint8_t verdict) {
  bool found = false;
  for (size_t i = 0; i < names.size(); i++) {
    if (plain(names[i]) != wanted) continue;
    mark(verdicts, i, verdict);
    found = true;
  }
  return found;
}

uint8_t at(const std::vector<uint8_t>& verdicts, size_t number) {
  return number < verdicts.size() ? verdicts[number] : uint8_t{0};
}

}  // namespace

ApplicationFilter::ApplicationFilter(std::string_view text, const ApplicationNames& names) {
  std::string complaints;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    std::string_view name = trim(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (name.empty()) continue;
    const bool drop = name.front() == '!';
    if (drop) name = trim(name.substr(1));
    all_ = false;
    if (!drop) keepsOnly_ = true;
    if (apply(name, drop ? kDrop : kKeep, names)) continue;
    complaints += (complaints.empty() ? "'" : "\n'") + std::string(name.substr(0, 80)) +
                  "' is no application, category or breed that nDPI knows; the nearest: " + nearest(name, names);
  }
  if (!complaints.empty()) throw Error("WEIR_DPI_FILTER", complaints);
}

bool ApplicationFilter::apply(std::string_view name, Verdict verdict, const ApplicationNames& names) {
  const std::string wanted = plain(name);
  bool found = wanted == "unknown";
  if (found) mark(verdicts_.applications, 0, verdict);
  for (size_t i = 1; i < names.applications.size(); i++) {
    if (plain(names.applications[i].name) != wanted) continue;
    mark(verdicts_.applications, i, verdict);
    found = true;
  }
  found |= markNamed(names.categories, wanted, verdicts_.categories, verdict);
  found |= markNamed(names.breeds, wanted, verdicts_.breeds, verdict);
  return found;
}

bool ApplicationFilter::wants(const FlowApplication& application) const {
  if (all_) return true;
  uint8_t verdict = at(verdicts_.applications, application.application);
  // The number 0 of these stands for nothing when nothing was found.
  if (application.application != 0) {
    verdict |= at(verdicts_.categories, application.category);
    verdict |= at(verdicts_.breeds, application.breed);
    if (application.master != 0) verdict |= at(verdicts_.applications, application.master);
  }
  if ((application.flags & kListed) != 0) verdict |= at(verdicts_.categories, application.listCategory);
  if ((verdict & kDrop) != 0) return false;
  return !keepsOnly_ || (verdict & kKeep) != 0;
}

}  // namespace weir
