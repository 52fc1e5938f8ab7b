/// Why a query was refused or failed; `kind` is the `errorType` of the Prometheus HTTP API.
package struct QueryFault: Error, Sendable, Equatable {
  /// Whose fault it is.
  package enum Kind: String, Sendable {
    case badData = "bad_data"
    case execution = "execution"
    case timeout = "timeout"
    case canceled = "canceled"
    case `internal` = "internal"
    /// Too much else is asked now; the same question may be answered later.
    case unavailable = "unavailable"
  }

  package let kind: Kind
  package let message: String
  /// The byte of the query the message is about, when it is about one.
  package let position: Int?

  package init(_ kind: Kind, _ message: String, at position: Int? = nil) {
    self.kind = kind
    self.message = message
    self.position = position
  }
}
