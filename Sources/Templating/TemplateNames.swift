package import Bytes

/// What of record 0 a template reads.
package struct TemplateNames: Sendable {
  /// The members it names, each once, in the order they are met.
  package private(set) var names: [ByteString] = []
  /// Whether it may read any member: it uses the record whole, or looks one up by a computed name.
  package private(set) var readsAll = false

  mutating func add(_ name: ByteString) {
    if !names.contains(name) { names.append(name) }
  }

  mutating func addAll() {
    readsAll = true
  }
}
