public import Bytes

/// A series as it was sent, with samples in order of time.
public struct StoredSeries: Sendable {
  public let tenant: ByteString
  public let labels: Labels
  /// Milliseconds since 1970, ascending.
  public var times: [Int64]
  public var values: [Double]

  public init(tenant: ByteString, labels: Labels, times: [Int64], values: [Double]) {
    self.tenant = tenant
    self.labels = labels
    self.times = times
    self.values = values
  }
}
