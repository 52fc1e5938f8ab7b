#ifndef PLIMSOLL_RE2_H
#define PLIMSOLL_RE2_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled regular expression. Safe to share between threads.
typedef struct plimsoll_regex plimsoll_regex;

/// Compiles `length` bytes of RE2 syntax with dot matching newline when `dot_all` is not 0.
/// `max_memory` bounds the program and its automata in bytes. Returns NULL and writes a
/// NUL-terminated reason of at most `reason_size` bytes when the expression is refused.
plimsoll_regex *_Nullable plimsoll_regex_compile(
    const uint8_t *_Nonnull pattern, size_t length, int dot_all, int64_t max_memory,
    char *_Nonnull reason, size_t reason_size);

/// Whether the expression matches: the whole text when `anchored` is not 0, else any part of it.
int plimsoll_regex_matches(
    const plimsoll_regex *_Nonnull regex, const uint8_t *_Nullable text, size_t length,
    int anchored);

/// How many capturing groups the expression has.
int plimsoll_regex_group_count(const plimsoll_regex *_Nonnull regex);

/// The name of group `index` (1-based), or an empty string; valid as long as the expression.
const char *_Nonnull plimsoll_regex_group_name(
    const plimsoll_regex *_Nonnull regex, int index);

/// Finds the leftmost match from `from`; writes start and end of each group (0 is the whole
/// match, at most `group_capacity` of them) as byte offsets, -1 where a group took no part.
/// Returns 1 when it matched.
int plimsoll_regex_find(
    const plimsoll_regex *_Nonnull regex, const uint8_t *_Nullable text, size_t length,
    size_t from, int anchored, int64_t *_Nonnull offsets, int group_capacity);

/// Frees a compiled expression.
void plimsoll_regex_free(plimsoll_regex *_Nonnull regex);

#ifdef __cplusplus
}
#endif
#endif
