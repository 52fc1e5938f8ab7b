/// 128 bits that stand for what a sender wrote of a series (its labels as they came, and the scope
/// and defaults they came under), within one process.
public struct Fingerprint: Equatable, Sendable {
  public let low: UInt64
  public let high: UInt64

  /// Stands for nothing.
  public static let none = Fingerprint(low: 0, high: 0)

  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}

/// Tells which series the store knows already, so that the labels of a known one need not be read
/// again. Asked once a frame.
public protocol SeriesDirectory: AnyObject, Sendable {
  /// The numbers of these series, 0 for those that are not known. A number means the same series
  /// for as long as the process lives.
  func numbers(of fingerprints: [Fingerprint]) -> [UInt32]
}
