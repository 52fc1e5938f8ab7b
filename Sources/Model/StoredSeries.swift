package import Bytes

/// A series as it was sent, with samples in order of time.
package struct StoredSeries: Sendable {
  package let tenant: ByteString
  package let labels: Labels
  /// Milliseconds since 1970, ascending.
  package var times: [Int64]
  package var values: [Double]

  package init(tenant: ByteString, labels: Labels, times: [Int64], values: [Double]) {
    self.tenant = tenant
    self.labels = labels
    self.times = times
    self.values = values
  }
}
