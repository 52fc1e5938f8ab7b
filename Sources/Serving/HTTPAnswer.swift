/// What a route answers.
package struct HTTPAnswer: Sendable {
  package var status: Int
  package var contentType: String
  package var body: [UInt8]
  package var headers: [(name: String, value: String)] = []

  package init(status: Int = 200, contentType: String, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// An answer in JSON.
  package static func json(_ body: [UInt8], status: Int = 200) -> HTTPAnswer {
    HTTPAnswer(status: status, contentType: "application/json", body: body)
  }

  /// An answer in plain text.
  package static func text(_ text: String, status: Int = 200) -> HTTPAnswer {
    HTTPAnswer(
      status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
  }
}

/// One path of the HTTP API and what answers it.
package struct Route: Sendable {
  package let methods: [String]
  /// With `:name` for a captured part.
  package let path: String
  /// Bytes of body it reads at most.
  package let bodyLimit: Int
  package let answer: @Sendable (HTTPQuestion) async throws -> HTTPAnswer

  package init(
    _ methods: [String], _ path: String, bodyLimit: Int = 1 << 20,
    answer: @escaping @Sendable (HTTPQuestion) async throws -> HTTPAnswer
  ) {
    self.methods = methods
    self.path = path
    self.bodyLimit = bodyLimit
    self.answer = answer
  }
}
