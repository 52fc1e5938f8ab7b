import CMalloc

/// How the process gets memory from the system.
enum Allocation {
  /// Buffers of a few megabytes come and go with every body: up to this size they come from memory
  /// that is kept, not from pages the kernel has to clear each time.
  private static let keptBytes: Int32 = 32 << 20
  /// Free memory at the end of the heap beyond this goes back to the system.
  private static let spareBytes: Int32 = 48 << 20
  /// Threads share few: a buffer that one thread fills and another frees is then at hand for the
  /// next body, where separate arenas give theirs back and have the kernel clear them anew. With
  /// fewer than these the threads that divide a query wait for each other's lock, which took
  /// `bench run queries` a fifth longer; with more, `bench run logs` takes a tenth more memory.
  private static let arenas: Int32 = 3

  /// Sets the C library's allocator up (mallopt(3)). Call it before the threads start.
  static func settle() {
    mallopt(M_MMAP_THRESHOLD, keptBytes)
    mallopt(M_TRIM_THRESHOLD, spareBytes)
    mallopt(M_ARENA_MAX, arenas)
  }
}
