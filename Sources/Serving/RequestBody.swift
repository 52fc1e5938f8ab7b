import Synchronization

/// The bytes of a request's body. One reader may take them for its own: a body of megabytes is
/// decoded where it lies, which the array of a copied request would not allow.
package final class RequestBody: Sendable {
  /// How many bytes came.
  package let count: Int
  private let kept: Mutex<[UInt8]>

  /// A body of these bytes.
  package init(_ bytes: consuming [UInt8]) {
    count = bytes.count
    kept = Mutex(bytes)
  }

  /// The bytes, unless they were taken.
  package var bytes: [UInt8] { kept.withLock { $0 } }

  /// The bytes, held by nobody else; the body is empty from then on.
  package func take() -> [UInt8] {
    var taken: [UInt8] = []
    kept.withLock { swap(&taken, &$0) }
    return taken
  }
}
