// Asks for bytes before they are needed, for loops whose next addresses are known but follow no
// line: Swift has no instruction for it.
#ifndef PLIMSOLL_PREFETCH_H
#define PLIMSOLL_PREFETCH_H

// Brings the cache line of an address near. The address may be any, also one that is not mapped.
static inline void plimsoll_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
