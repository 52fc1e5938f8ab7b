import ArgumentParser
import Bytes
import Foundation
import Running

/// Prints log lines as they come, until interrupted. What the server tells while it cannot be asked
/// is told when it can.
struct LineFollowing {
  private static let pause = Duration.milliseconds(700)
  /// Between questions that find no server.
  private static let longPause = Duration.seconds(2)
  /// How far ahead of ours the clocks of senders may be.
  private static let ahead = 600 * Instant.second

  let query: String
  /// Nanoseconds.
  let since: Int64
  /// How many lines of the past to print first.
  let limit: Int
  let output: LineOutput
  let remote: Remote

  /// Ends by a signal, or by throwing when the server refuses the query.
  func run() async throws {
    Terminal.endQuietlyWhenInterrupted()
    let caller = HTTPCaller()
    do {
      try await follow(caller)
    } catch {
      await caller.close()
      throw error
    }
  }

  private func follow(_ caller: HTTPCaller) async throws {
    let newest = try await lines(caller, from: since, limit: 1, "backward")
    var follower = LineFollower(from: since, newest: newest.last)
    // What is there counts as told before the past is printed: what comes between the two
    // questions is then told by the one or by the following.
    if !newest.isEmpty {
      follower.know(
        try await lines(caller, from: follower.from, limit: LineFollower.page, "forward"))
    }
    if limit > 0, !newest.isEmpty {
      let past = try await lines(caller, from: since, limit: limit, "backward")
      output.show(past)
      follower.know(past)
    }
    while true {
      let found = try await lines(
        caller, from: follower.from, limit: LineFollower.page, "forward")
      output.show(follower.take(found, now: Moment().now))
      if !follower.isBehind { try await Task.sleep(for: Self.pause) }
    }
  }

  /// Asks until there is an answer.
  private func lines(
    _ caller: HTTPCaller, from: Int64, limit: Int, _ direction: String
  ) async throws -> [ShownLine] {
    var isAway = false
    while true {
      let parameters = [
        ("query", query), ("start", String(from)), ("end", String(Moment().now + Self.ahead)),
        ("limit", String(limit)), ("direction", direction), ("fields", "true"),
      ]
      let answer = try? await remote.call(
        caller, "GET", "/loki/api/v1/query_range", parameters)
      if let answer, (200..<300).contains(answer.status) {
        let json = try remote.json(answer.body)
        guard json["data"]?["resultType"]?.text == "streams" else {
          Terminal.fail("this query counts: ask it with plimsoll query --logql")
          throw ExitCode(1)
        }
        if isAway { Terminal.note("plimsoll: \(remote.base) answers again\n") }
        return ShownLine.all(in: json)
      }
      if let answer, answer.status < 500, answer.status != 429 {
        throw remote.refusal(answer, of: parameters)
      }
      if !isAway {
        isAway = true
        let reason = answer.map { "answers \($0.status)" } ?? "does not answer"
        Terminal.fail("\(remote.base) \(reason); asking on")
      }
      try await Task.sleep(for: Self.longPause)
    }
  }
}
