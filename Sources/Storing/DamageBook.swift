package import Bytes
import Model
import Synchronization

/// Rows that cannot be read: whose, and of what time.
package struct MissingRange: Sendable, Equatable {
  /// Nil when nobody knows.
  package let tenant: ByteString?
  /// Nanoseconds; nil when nobody knows.
  package let times: ClosedRange<Int64>?
}

/// What could not be read, by a start, a read or the scrubber: answers that need it say so.
final class DamageBook: Sendable {
  /// Kept in detail; beyond it only the count grows.
  private static let most = 1_000

  /// What the lock guards.
  private struct State {
    var regions = 0
    var found: Set<UInt64> = []
    var ranges: [MissingRange] = []
  }

  private let state = Mutex(State())

  /// Notes damaged regions of which nothing is known.
  func note(regions: Int) {
    guard regions > 0 else { return }
    state.withLock { state in
      state.regions += regions
      if state.ranges.count < Self.most {
        state.ranges.append(MissingRange(tenant: nil, times: nil))
      }
    }
  }

  /// Notes a frame or a block, once.
  func note(_ id: UInt64, _ ranges: [MissingRange]) {
    state.withLock { state in
      guard state.found.insert(id).inserted else { return }
      state.regions += 1
      state.ranges += ranges.prefix(max(0, Self.most - state.ranges.count))
    }
  }

  func note(_ frame: FrameEntry) {
    note(frame.sequence, frame.tenants.map { MissingRange(tenant: $0, times: frame.times) })
  }

  func note(_ block: BlockEntry) {
    let times = block.head.times
    let range =
      block.head.kind == .samples
      ? BlockTimes.nanoseconds(times.lowerBound)...BlockTimes.nanoseconds(times.upperBound) : times
    note(block.head.id, [MissingRange(tenant: block.head.tenant, times: range)])
  }

  /// Regions, frames and blocks.
  var count: Int { state.withLock { $0.regions } }

  /// What may be missing from an answer about `from..<to` (nanoseconds) of the scope.
  func missing(in scope: Scope, from: Int64, to: Int64) -> [MissingRange] {
    state.withLock { state in
      state.ranges.filter { range in
        (range.tenant.map { scope.sees($0) } ?? true)
          && (range.times.map { $0.lowerBound < to && $0.upperBound >= from } ?? true)
      }
    }
  }
}
