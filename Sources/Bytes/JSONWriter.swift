/// Writes JSON into bytes: commas and quotes are its business, nesting is the caller's.
public struct JSONWriter {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init(capacity: Int = 0) {
    bytes.reserveCapacity(capacity)
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Writes an object with the members that the closure writes.
  public mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
    open(123)
    try members(&self)
    close(125)
  }

  /// Writes an array with the elements that the closure writes.
  public mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
    open(91)
    try elements(&self)
    close(93)
  }

  /// Writes a member's name; its value must follow.
  public mutating func key(_ name: String) {
    key(ByteString(name))
  }

  public mutating func key(_ name: ByteString) {
    separate()
    JSONText.quote(name.bytes.span, into: &bytes)
    bytes.append(58)
    needsComma = false
  }

  /// Writes a string.
  public mutating func string(_ value: String) {
    separate()
    JSONText.quote(Array(value.utf8).span, into: &bytes)
  }

  public mutating func string(_ value: ByteString) {
    separate()
    JSONText.quote(value.bytes.span, into: &bytes)
  }

  /// Writes an integer.
  public mutating func integer(_ value: some BinaryInteger) {
    raw(String(value))
  }

  /// Writes `true` or `false`.
  public mutating func boolean(_ value: Bool) {
    raw(value ? "true" : "false")
  }

  /// Writes `null`.
  public mutating func null() {
    raw("null")
  }

  /// A number; what JSON cannot say (NaN, infinity) becomes null.
  public mutating func number(_ value: Double) {
    raw(value.isFinite ? Numbers.text(value) : "null")
  }

  /// Text that is JSON already.
  public mutating func raw(_ text: String) {
    separate()
    bytes.append(contentsOf: text.utf8)
  }

  /// JSON that the closure appends to the bytes.
  public mutating func raw(_ append: (inout [UInt8]) -> Void) {
    separate()
    append(&bytes)
  }

  private mutating func separate() {
    if needsComma { bytes.append(44) }
    needsComma = true
  }

  private mutating func open(_ byte: UInt8) {
    separate()
    bytes.append(byte)
    needsComma = false
  }

  private mutating func close(_ byte: UInt8) {
    bytes.append(byte)
    needsComma = true
  }
}
