import ArgumentParser
import Bytes
import Foundation
import Running

/// Which server a command asks, and for whom.
struct Remote: ParsableArguments {
  @Option(help: "The server's address. Also PLIMSOLL_SERVER.")
  var server: String?

  @Option(help: "Ask as this tenant only (X-Scope-OrgID). Also PLIMSOLL_TENANT.")
  var tenant: String?

  var base: String {
    Self.base(
      of: server ?? ProcessInfo.processInfo.environment["PLIMSOLL_SERVER"] ?? "127.0.0.1:9480")
  }

  /// An address as paths can be added to it, whether it was stated with a scheme or without.
  static func base(of stated: String) -> String {
    let full = stated.contains("://") ? stated : "http://" + stated
    return full.hasSuffix("/") ? String(full.dropLast()) : full
  }

  private var headers: [(String, String)] {
    let stated = tenant ?? ProcessInfo.processInfo.environment["PLIMSOLL_TENANT"] ?? ""
    return stated.isEmpty ? [] : [("X-Scope-OrgID", stated)]
  }

  /// One call, over a connection that may serve more; the answer whatever its status. Throws
  /// `CallFailure` when none came.
  func call(
    _ caller: HTTPCaller, _ method: String, _ path: String,
    _ parameters: [(String, String?)] = [], body: [UInt8]? = nil
  ) async throws -> CallAnswer {
    let query = parameters.compactMap { name, value in
      value.map { "\(HTTPCaller.escape(name))=\(HTTPCaller.escape($0))" }
    }
    let url = base + path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    return try await caller.call(method, url, headers: headers, body: body)
  }

  /// Asks, and returns the body of a 2xx; anything else ends the command with what the server
  /// said.
  func ask(
    _ method: String, _ path: String, _ parameters: [(String, String?)] = [], body: [UInt8]? = nil
  ) async throws -> [UInt8] {
    let caller = HTTPCaller()
    let answer: CallAnswer
    do {
      answer = try await call(caller, method, path, parameters, body: body)
    } catch {
      await caller.close()
      Terminal.fail("no answer from \(base): is `plimsoll serve` running? (\(error))")
      throw ExitCode(1)
    }
    await caller.close()
    guard (200..<300).contains(answer.status) else { throw refusal(answer, of: parameters) }
    return answer.body
  }

  func askJSON(
    _ method: String, _ path: String, _ parameters: [(String, String?)] = [], body: [UInt8]? = nil
  ) async throws -> JSONValue {
    try json(try await ask(method, path, parameters, body: body))
  }

  /// Says what the server said against a call, with the place in the query that it is about.
  func refusal(_ answer: CallAnswer, of parameters: [(String, String?)]) -> ExitCode {
    let query = parameters.first { ["query", "match[]"].contains($0.0) && $0.1 != nil }?.1 ?? ""
    let text = QueryMistake.text(
      Self.message(answer.body), query: query, width: Terminal.style.width)
    Terminal.fail("\(answer.status): \(text)")
    return ExitCode(1)
  }

  func json(_ body: [UInt8]) throws -> JSONValue {
    do {
      return try JSONValue(parsing: body)
    } catch {
      Terminal.fail("the server's answer is not JSON: \(error.reason)")
      throw ExitCode(1)
    }
  }

  private static func message(_ body: [UInt8]) -> String {
    if let json = try? JSONValue(parsing: body), let text = json["error"]?.text { return text }
    return String(decoding: body.prefix(2_000), as: UTF8.self)
  }
}
