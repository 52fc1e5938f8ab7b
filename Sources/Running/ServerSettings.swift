package import Serving
package import Storing

/// What `plimsoll serve` runs with: defaults, then the settings file, then `PLIMSOLL_...` of the
/// environment, then flags; the later wins.
package struct ServerSettings: Sendable {
  /// An address of a listener; port 0 picks a free one.
  package struct Address: Sendable, Equatable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }

    /// `HOST:PORT`, `[IPv6]:PORT` or `:PORT`; nil when it is none of these.
    package init?(parsing text: String) {
      guard let colon = text.lastIndex(of: ":"),
        let port = UInt16(text[text.index(after: colon)...])
      else { return nil }
      var host = String(text[..<colon])
      if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
      self.host = host.isEmpty ? "127.0.0.1" : host
      self.port = Int(port)
    }

    package var isLoopback: Bool {
      host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    package var text: String {
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }

  /// A receiver of alerts.
  package struct Webhook: Sendable, Equatable {
    package var name: String
    package var url: String
    package var sendsResolved: Bool

    package init(name: String, url: String, sendsResolved: Bool) {
      self.name = name
      self.url = url
      self.sendsResolved = sendsResolved
    }
  }

  package var dataFolder = "data"
  /// Nil takes `rules` when there is such a folder, and goes without when there is none.
  package var rulesFolder: String?
  package var http = Address(host: "127.0.0.1", port: 9480)
  package var udpLines: Address? = Address(host: "127.0.0.1", port: 9481)
  package var udpSyslog: Address? = Address(host: "127.0.0.1", port: 5514)
  package var udpStatsd: Address? = Address(host: "127.0.0.1", port: 8125)
  /// What is kept for how long, how much of it, and the store's other bounds.
  package var store = StoreSettings(retention: 30 * 86_400 * 1_000_000_000)
  /// What queries may use, and how many run at once.
  package var queries = QuerySettings()
  /// Serve beyond loopback without tokens and TLS.
  package var isInsecure = false
  package var webhooks: [Webhook] = []
  /// The address alerts point back to; made from `http` when empty.
  package var externalURL = ""

  package init() {}

  /// Why these settings cannot be served with, in a sentence; nil when they can.
  package var refusal: String? {
    let addresses = [("http", http)] + udpAddresses
    for (name, address) in addresses where !address.isLoopback && !isInsecure {
      return "\(name) \(address.text) is not loopback: without tokens and TLS only loopback is "
        + "served. Put a proxy in front, or say --insecure if this network is trusted."
    }
    return nil
  }

  /// The UDP listeners that are on, by the wire format they carry.
  package var udpAddresses: [(String, Address)] {
    [("odoo", udpLines), ("syslog", udpSyslog), ("statsd", udpStatsd)].compactMap { name, address in
      address.map { (name, $0) }
    }
  }
}
