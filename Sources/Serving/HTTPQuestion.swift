import Bytes
package import Model
package import Querying

/// A request as the routes see it: the path matched, parameters decoded, the body whole.
package struct HTTPQuestion: Sendable {
  package let method: String
  package let path: String
  /// From the path's pattern, such as `name` of `/label/:name/values`; decoded.
  package let captures: [String: String]
  /// Of the query string and, for form posts, of the body; decoded, in order.
  package let parameters: [(name: String, value: String)]
  package let headers: @Sendable (String) -> String?
  package let body: RequestBody
  /// Has something cancelled when the client leaves.
  package let watchClient: @Sendable (Cancellation) async -> Void

  package init(
    method: String, path: String, captures: [String: String],
    parameters: [(name: String, value: String)], headers: @escaping @Sendable (String) -> String?,
    body: RequestBody, watchClient: @escaping @Sendable (Cancellation) async -> Void = { _ in }
  ) {
    self.method = method
    self.path = path
    self.captures = captures
    self.parameters = parameters
    self.headers = headers
    self.body = body
    self.watchClient = watchClient
  }

  /// The first parameter of that name that is not empty.
  package func parameter(_ name: String) -> String? {
    parameters.first { $0.name == name && !$0.value.isEmpty }?.value
  }

  /// All parameters of that name, also as `name[]`.
  package func all(_ name: String) -> [String] {
    parameters.filter { $0.name == name || $0.name == name + "[]" }.map(\.value)
  }

  /// Whether the answer shall say what was read for it, and how long each part took (`explain`).
  package var asksToExplain: Bool { ["1", "true"].contains(parameter("explain")) }

  /// The tenant the `X-Scope-OrgID` header names, or the fleet without one. Throws when it names
  /// something no tenant may be called.
  package func scope() throws(QueryFault) -> Scope {
    guard let header = headers("X-Scope-OrgID"), !header.isEmpty else { return .fleet }
    let name = ByteString(header)
    guard Tenant.isValid(name.bytes.span) else {
      throw QueryFault(.badData, "X-Scope-OrgID is not a tenant: 1 to 63 of A-Z a-z 0-9 . _ -")
    }
    return .tenant(name)
  }
}

/// `application/x-www-form-urlencoded` (WHATWG URL, 5.1): query strings and form bodies.
package enum FormText {
  /// At most this many parameters are read; the rest is ignored.
  private static let limit = 1_000

  /// The pairs of a query string or form, decoded, in order.
  package static func parse(_ bytes: Span<UInt8>) -> [(name: String, value: String)] {
    var found: [(name: String, value: String)] = []
    var cursor = Cursor(bytes)
    while !cursor.isAtEnd, found.count < limit {
      let pair: Range<Int>
      if let before = cursor.take(until: 38) {
        pair = before
      } else {
        pair = cursor.remaining
        cursor.move(to: cursor.end)
      }
      if pair.isEmpty { continue }
      let split = bytes.firstIndex(of: 61, from: pair.lowerBound) ?? pair.upperBound
      let nameEnd = min(split, pair.upperBound)
      found.append(
        (
          decode(bytes, pair.lowerBound..<nameEnd),
          decode(bytes, min(nameEnd + 1, pair.upperBound)..<pair.upperBound)
        ))
    }
    return found
  }

  /// Percent-decoding, in forms with `+` as a blank; a bad escape stays as it is.
  package static func decode(
    _ bytes: Span<UInt8>, _ range: Range<Int>, plusIsBlank: Bool = true
  ) -> String {
    var decoded: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == 37, index + 2 < range.upperBound, let high = bytes[index + 1].hexValue,
        let low = bytes[index + 2].hexValue
      {
        decoded.append(high << 4 | low)
        index += 3
        continue
      }
      decoded.append(byte == 43 && plusIsBlank ? 32 : byte)
      index += 1
    }
    return String(decoding: decoded, as: UTF8.self)
  }
}
