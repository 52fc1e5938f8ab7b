/// What the server says of itself under `/api/v1/status/` and `/api/v1/notifications`. Times are
/// nanoseconds since 1970.
package struct ServerStatus: Sendable {
  /// Something an operator should know.
  package struct Notice: Sendable {
    package let text: String
    package let since: Int64

    package init(_ text: String, since: Int64) {
      self.text = text
      self.since = since
    }
  }

  package var start: Int64 = 0
  package var hostname = ""
  package var folder = ""
  /// When rules and processes were last read, and whether all of them were taken.
  package var loaded: Int64 = 0
  package var isLoadedWhole = true
  /// Regions of the store that cannot be read.
  package var damagedRegions = 0
  package var threads = 0
  package var processors = 0
  /// Such as `30d`.
  package var retention = ""
  /// Level-0 segments and compacted blocks of the store.
  package var segments = 0
  package var blocks = 0
  package var notices: [Notice] = []
  /// The settings in force, by the name of their flag; secrets are masked.
  package var flags: [(name: String, value: String)] = []
  /// The same as a settings file.
  package var settings = ""

  package init() {}
}
