import Bytes

/// A host with or without a port, taken apart as Go's `net.SplitHostPort` does: `a:80`,
/// `[::1]:80`; what is not of that form is a host without a port.
struct HostPort {
  private let whole: String
  let host: String
  private let port: String

  init(_ text: String) {
    whole = text
    if text.hasPrefix("["), let close = text.firstIndex(of: "]"),
      text[close...].dropFirst().first == ":"
    {
      host = String(text[..<close].dropFirst())
      port = String(text[close...].dropFirst(2))
    } else if let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") {
      host = String(text[..<colon])
      port = String(text[colon...].dropFirst())
    } else {
      host = text
      port = ""
    }
  }

  /// The host up to its first point, and the port; addresses stay as they are.
  var withoutDomain: String {
    if isAddress { return whole }
    return host.prefix { $0 != "." } + (port.isEmpty ? "" : ":" + port)
  }

  private var isAddress: Bool {
    if host.contains(":") { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
