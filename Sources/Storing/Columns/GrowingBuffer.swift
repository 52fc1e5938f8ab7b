/// Memory for plain elements that are written one after another. Whoever writes reserves room
/// first, for many elements at once, so that the writing itself checks nothing.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
  /// The first element; valid until the next `reserve` or `append`.
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var capacity: Int
  /// Elements written; whoever writes past it through `base` moves it.
  var count = 0

  init(capacity: Int = 16) {
    self.capacity = max(capacity, 1)
    // Owned by this value alone, and released with it.
    base = .allocate(capacity: self.capacity)
  }

  deinit {
    base.deallocate()
  }

  /// Makes room for more elements behind `count`.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if count &+ more > capacity { grow(to: count + more) }
  }

  @inline(never)
  private mutating func grow(to needed: Int) {
    let larger = max(needed, capacity * 2)
    // `count` elements are initialised, and the new memory holds more than those.
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    reserve(1)
    base[count] = element
    count &+= 1
  }

  /// A copy of all elements.
  func array() -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { target, filled in
      // As many as the array has room for.
      target.baseAddress?.update(from: base, count: count)
      filled = count
    }
  }

  /// The element at an index below `count`.
  @inline(__always)
  subscript(index: Int) -> Element {
    get { base[index] }
    nonmutating set { base[index] = newValue }
  }
}

extension GrowingBuffer where Element == UInt8 {
  /// Appends an integer, little endian.
  @inline(__always)
  mutating func put(_ value: some FixedWidthInteger & BitwiseCopyable) {
    let size = MemoryLayout.size(ofValue: value)
    reserve(size)
    // Within the room just reserved.
    UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: type(of: value))
    count &+= size
  }

  /// Appends bytes that lie elsewhere.
  mutating func put(_ source: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    // Within the room just reserved; a buffer never holds what it is given.
    (base + count).update(from: source, count: length)
    count &+= length
  }
}
