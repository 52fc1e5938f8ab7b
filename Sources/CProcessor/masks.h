// Bit masks of bytes, for loops that would guess wrong at each byte: Swift has no instruction for
// them.
#ifndef PLIMSOLL_MASKS_H
#define PLIMSOLL_MASKS_H

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Which of up to 64 bytes are of which kind, a bit each, the first byte the lowest. The kinds are
// those of TextWords.classes, in Swift.
struct plimsoll_word_masks {
  // Letters, digits and underscores, of ASCII.
  uint64_t words;
  uint64_t digits;
  // The letters a to f.
  uint64_t hexadecimals;
  // Bytes that are zero.
  uint64_t zeros;
};

// Looks at the first `count` bytes, 1 to 64. As many must be there as the next multiple of 16;
// bits behind `count` are 0.
static inline struct plimsoll_word_masks plimsoll_find_words(const uint8_t *bytes, int64_t count) {
  struct plimsoll_word_masks masks = {0, 0, 0, 0};
#if defined(__SSE2__)
  for (int64_t place = 0; place < count; place += 16) {
    const __m128i chunk = _mm_loadu_si128((const __m128i *)(bytes + place));
    // Unsigned x <= most, as min(x, most) == x.
    const __m128i digit = _mm_sub_epi8(chunk, _mm_set1_epi8('0'));
    const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    const __m128i small = _mm_sub_epi8(chunk, _mm_set1_epi8('a'));
    const __m128i is_hexadecimal = _mm_cmpeq_epi8(_mm_min_epu8(small, _mm_set1_epi8(5)), small);
    // A set bit 5 makes a small letter of a capital one, and a letter of nothing else.
    const __m128i letter =
        _mm_sub_epi8(_mm_or_si128(chunk, _mm_set1_epi8(32)), _mm_set1_epi8('a'));
    const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
    const __m128i is_word = _mm_or_si128(
        _mm_or_si128(is_digit, is_letter), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('_')));
    masks.words |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_word) << place;
    masks.digits |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_digit) << place;
    masks.hexadecimals |= (uint64_t)(uint32_t)_mm_movemask_epi8(is_hexadecimal) << place;
    masks.zeros |=
        (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(chunk, _mm_setzero_si128())) << place;
  }
  if (count < 64) {
    const uint64_t inside = ((uint64_t)1 << count) - 1;
    masks.words &= inside;
    masks.digits &= inside;
    masks.hexadecimals &= inside;
    masks.zeros &= inside;
  }
#else
  for (int64_t place = 0; place < count; place += 1) {
    const uint8_t byte = bytes[place];
    const uint64_t bit = (uint64_t)1 << place;
    const int is_digit = (uint8_t)(byte - '0') <= 9;
    if (is_digit || (uint8_t)((byte | 32) - 'a') <= 25 || byte == '_') masks.words |= bit;
    if (is_digit) masks.digits |= bit;
    if ((uint8_t)(byte - 'a') <= 5) masks.hexadecimals |= bit;
    if (byte == 0) masks.zeros |= bit;
  }
#endif
  return masks;
}

#endif
