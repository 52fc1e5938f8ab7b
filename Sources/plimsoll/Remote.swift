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
    let stated =
      server ?? ProcessInfo.processInfo.environment["PLIMSOLL_SERVER"] ?? "http://127.0.0.1:9480"
    let full = stated.contains("://") ? stated : "http://" + stated
    return full.hasSuffix("/") ? String(full.dropLast()) : full
  }

  private var headers: [(String, String)] {
    let stated = tenant ?? ProcessInfo.processInfo.environment["PLIMSOLL_TENANT"] ?? ""
    return stated.isEmpty ? [] : [("X-Scope-OrgID", stated)]
  }

  /// Asks, and returns the body of a 2xx; anything else ends the command with what the server
  /// said.
  func ask(
    _ method: String, _ path: String, _ parameters: [(String, String?)] = [], body: [UInt8]? = nil
  ) async throws -> [UInt8] {
    let query = parameters.compactMap { name, value in
      value.map { "\(name)=\(HTTPCaller.escape($0))" }
    }
    let url = base + path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    let caller = HTTPCaller()
    let answer: CallAnswer
    do {
      answer = try await caller.call(method, url, headers: headers, body: body)
    } catch {
      await caller.close()
      Terminal.fail("no answer from \(base): is `plimsoll serve` running? (\(error))")
      throw ExitCode(2)
    }
    await caller.close()
    guard (200..<300).contains(answer.status) else {
      Terminal.fail("\(answer.status): \(Self.message(answer.body))")
      throw ExitCode(1)
    }
    return answer.body
  }

  func askJSON(
    _ method: String, _ path: String, _ parameters: [(String, String?)] = [], body: [UInt8]? = nil
  ) async throws -> JSONValue {
    let answer = try await ask(method, path, parameters, body: body)
    do {
      return try JSONValue(parsing: answer)
    } catch {
      Terminal.fail("the server's answer is not JSON: \(error.reason)")
      throw ExitCode(2)
    }
  }

  private static func message(_ body: [UInt8]) -> String {
    if let json = try? JSONValue(parsing: body), let text = json["error"]?.text { return text }
    return String(decoding: body.prefix(2_000), as: UTF8.self)
  }
}
