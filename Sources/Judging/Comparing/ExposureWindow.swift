import Bytes
import Model

/// Which slots are compared for tenants that got a release at the same time.
struct ExposureWindow: Hashable {
  /// When the tenant got the release; milliseconds, like all times here.
  let exposedAt: Int64
  let before: Range<Int>
  let after: Range<Int>
  /// The time right before, as long as `after` where there is so much: its volume is compared
  /// with the controls' help, who share the time of day.
  let adjacent: Range<Int>
  /// The same time of day on the day before, where `before` reaches back so far.
  let sameClock: Range<Int>?

  static let day: Int64 = 86_400_000
  /// Restarting for a deploy loses a few requests, good release or bad: left out where enough time
  /// is left.
  static let settling: Int64 = 120_000
  static let settledFrom: Int64 = 600_000
}

/// When tenants got a release, and what they ran before, as the timeline tells.
struct ReleaseSpans {
  let release: ByteString
  let baseline: ByteString?
  let service: ByteString
  let environment: ByteString
  let timeline: Timeline
  /// Milliseconds.
  let now: Int64

  /// From when to when a tenant ran the release, and the time to compare with; milliseconds.
  struct Spans: Equatable {
    let before: Range<Int64>
    let after: Range<Int64>
  }

  /// The tenant's last time on the release; nil when it never ran it, or never the baseline asked
  /// for.
  func spans(of tenant: ByteString) -> Spans? {
    let changes = changes(of: tenant)
    guard let last = changes.lastIndex(where: { $0.release == release }) else { return nil }
    let start = changes[last].at / 1_000_000
    let end = last + 1 < changes.count ? changes[last + 1].at / 1_000_000 : now
    let after = start..<Swift.max(start, Swift.min(end, start + ExposureWindow.day, now))
    guard let baseline else {
      let earlier = last > 0 ? changes[last - 1].at / 1_000_000 : start - ExposureWindow.day
      // What came before the release before would be a third thing.
      let reach = changes[Swift.max(0, last - 1)].release == nil ? Int64.min : earlier
      return Spans(before: Swift.max(reach, start - ExposureWindow.day)..<start, after: after)
    }
    guard let base = changes[..<last].lastIndex(where: { $0.release == baseline }) else {
      return nil
    }
    let until = changes[base + 1].at / 1_000_000
    let from = Swift.max(changes[base].at / 1_000_000, until - ExposureWindow.day)
    return Spans(before: from..<Swift.max(from, until), after: after)
  }

  /// The instants, in milliseconds, at which the tenant's release changed.
  func changeInstants(of tenant: ByteString) -> [Int64] {
    changes(of: tenant).dropFirst().map { $0.at / 1_000_000 }
  }

  private func changes(of tenant: ByteString) -> [Timeline.Change] {
    guard let first = timeline.events.first?.start.adding(-1) else { return [] }
    let subject = Timeline.Subject(tenant: tenant, service: service, environment: environment)
    return timeline.changes(
      of: subject, from: first, through: now.multiplied(by: 1_000_000) ?? .max)
  }
}
