import CMalloc

/// How the process gets memory from the system.
enum Allocation {
  /// Buffers of a few megabytes come and go with every body: up to this size they come from memory
  /// that is kept, not from pages the kernel has to clear each time.
  private static let keptBytes: Int32 = 32 << 20
  /// Free memory at the end of the heap beyond this goes back to the system.
  private static let spareBytes: Int32 = 48 << 20
  /// All threads share one: a buffer that one thread fills and another frees is then at hand for
  /// the next body, where separate arenas give theirs back and have the kernel clear them anew.
  /// Allocations are few and large, so the lock is rarely waited for.
  private static let arenas: Int32 = 1

  /// Sets the C library's allocator up (mallopt(3)). Call it before the threads start.
  static func settle() {
    mallopt(M_MMAP_THRESHOLD, keptBytes)
    mallopt(M_TRIM_THRESHOLD, spareBytes)
    mallopt(M_ARENA_MAX, arenas)
  }
}
