// A C face for RE2. No C++ exception leaves it: Swift frames cannot unwind.
#include "include/CRE2.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct plimsoll_regex {
  std::unique_ptr<re2::RE2> expression;
  std::vector<std::string> names;
};

static void copy_reason(char *reason, size_t size, const char *text) {
  if (size == 0) return;
  std::strncpy(reason, text, size - 1);
  reason[size - 1] = '\0';
}

plimsoll_regex *plimsoll_regex_compile(
    const uint8_t *pattern, size_t length, int dot_all, int64_t max_memory, char *reason,
    size_t reason_size) {
  try {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(dot_all != 0);
    options.set_max_mem(max_memory);
    auto made = std::make_unique<plimsoll_regex>();
    made->expression = std::make_unique<re2::RE2>(
        re2::StringPiece(reinterpret_cast<const char *>(pattern), length), options);
    if (!made->expression->ok()) {
      copy_reason(reason, reason_size, made->expression->error().c_str());
      return nullptr;
    }
    made->names.resize(made->expression->NumberOfCapturingGroups() + 1);
    for (const auto &entry : made->expression->CapturingGroupNames()) {
      made->names[entry.first] = entry.second;
    }
    return made.release();
  } catch (const std::exception &error) {
    copy_reason(reason, reason_size, error.what());
  } catch (...) {
    copy_reason(reason, reason_size, "unknown failure");
  }
  return nullptr;
}

int plimsoll_regex_matches(
    const plimsoll_regex *regex, const uint8_t *text, size_t length, int anchored) {
  try {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    auto anchor = anchored ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
    return regex->expression->Match(piece, 0, length, anchor, nullptr, 0) ? 1 : 0;
  } catch (...) {
    return 0;
  }
}

int plimsoll_regex_group_count(const plimsoll_regex *regex) {
  return regex->expression->NumberOfCapturingGroups();
}

const char *plimsoll_regex_group_name(const plimsoll_regex *regex, int index) {
  if (index < 0 || static_cast<size_t>(index) >= regex->names.size()) return "";
  return regex->names[index].c_str();
}

int plimsoll_regex_find(
    const plimsoll_regex *regex, const uint8_t *text, size_t length, size_t from, int anchored,
    int64_t *offsets, int group_capacity) {
  try {
    re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
    int groups = std::min(group_capacity, regex->expression->NumberOfCapturingGroups() + 1);
    std::vector<re2::StringPiece> found(groups);
    auto anchor = anchored ? re2::RE2::ANCHOR_BOTH : re2::RE2::UNANCHORED;
    if (from > length || !regex->expression->Match(piece, from, length, anchor, found.data(), groups)) return 0;
    for (int i = 0; i < group_capacity; i++) {
      bool set = i < groups && found[i].data() != nullptr;
      offsets[2 * i] = set ? found[i].data() - piece.data() : -1;
      offsets[2 * i + 1] = set ? offsets[2 * i] + static_cast<int64_t>(found[i].size()) : -1;
    }
    return 1;
  } catch (...) {
    return 0;
  }
}

void plimsoll_regex_free(plimsoll_regex *regex) { delete regex; }
