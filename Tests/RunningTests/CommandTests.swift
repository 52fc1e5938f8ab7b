import Foundation
import Support
import Testing

/// The commands that ask, against a server: what they print, where, and how they end.
@Suite struct CommandTests {
  private static func serve() async throws -> ServerProcess {
    let server = try ServerProcess()
    let now = Int(Date().timeIntervalSince1970)
    let rows = (0..<20).map { row in
      let level = row % 5 == 0 ? "error" : "info"
      let message = #""message":"order \#(row) \u001b[2J größer","status":\#(200 + row % 2)"#
      let head = #""time":\#(now - 60 + row),"tenant":"acme","service":"odoo""#
      return #"{\#(head),"level":"\#(level)",\#(message)}"#
    }
    let logs = try await server.call(
      "POST", "/ingest/json", body: Data(rows.joined(separator: "\n").utf8))
    #expect(logs.status == 200, "\(logs.text)")
    let samples = (0...40).map { step in
      let sample = #""name":"orders","value":\#(step),"labels":{"tenant":"acme"}"#
      return #"{"time":\#(now - 600 + step * 15),\#(sample)}"#
    }
    let stored = try await server.call(
      "POST", "/ingest/metrics", body: Data(samples.joined(separator: "\n").utf8))
    #expect(stored.text.contains(#""stored":41"#), "\(stored.text)")
    return server
  }

  private static func plimsoll(
    _ server: ServerProcess, _ arguments: String...
  ) throws -> (status: Int32, output: String) {
    try run(
      ServerProcess.program, arguments,
      environment: ["PLIMSOLL_SERVER": server.http, "NO_COLOR": ""])
  }

  /// A line of a shell; `plimsoll` is the program.
  private static func shell(
    _ server: ServerProcess, _ line: String
  ) throws -> (status: Int32, output: String) {
    try run(
      "/bin/bash", ["-c", "plimsoll() { '\(ServerProcess.program)' \"$@\"; }; \(line)"],
      environment: ["PLIMSOLL_SERVER": server.http, "TERM": "xterm", "NO_COLOR": ""])
  }

  @Test func queriesInEachForm() async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    let table = try Self.plimsoll(server, "query", "orders")
    #expect(table.status == 0)
    #expect(table.output == "METRIC  tenant  VALUE\norders  acme       40\n")
    let csv = try Self.plimsoll(server, "query", "orders", "--time", "-5m", "-o", "csv")
    #expect(csv.output.hasPrefix("time,value,__name__,tenant\n"))
    #expect(csv.output.hasSuffix(",orders,acme\n"))
    let json = try Self.plimsoll(server, "query", "orders", "--output", "json")
    #expect(json.output.hasPrefix(#"{"status":"success""#))
    let plot = try Self.plimsoll(server, "query", "--start", "-10m", "orders", "-o", "plot")
    #expect(plot.output.contains("┤") && plot.output.contains(#"* orders{tenant="acme"}"#))
    let range = try Self.plimsoll(
      server, "query", "--start", "-10m", "--end", "-5m", "--step", "1m", "orders")
    #expect(range.output.hasPrefix("METRIC  tenant  TIME"))
    #expect(range.output.split(separator: "\n").count == 7)
    let logql = try Self.plimsoll(
      server, "query", "--logql", #"sum by (level) (count_over_time({service="odoo"}[5m]))"#)
    #expect(logql.output == "level  VALUE\nerror      4\ninfo      16\n")
    #expect(try Self.plimsoll(server, "query", "nothing_of_it").output == "no series\n")
    #expect(
      try Self.plimsoll(server, "query", "--tenant", "bolt", "orders").output == "no series\n")
    let input = try Self.shell(server, "echo 'orders' | plimsoll query -o csv | tail -1")
    #expect(input.output.hasSuffix(",40,orders,acme\n"))
  }

  @Test func mistakesAreSaidWithTheirPlaceAndStatus() async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    let promql = try Self.plimsoll(server, "query", "sum(rate(orders[5m])")
    #expect(promql.status == 1)
    #expect(promql.output.contains("  sum(rate(orders[5m])\n  "))
    #expect(promql.output.hasSuffix("^\n"))
    let logql = try Self.plimsoll(server, "logs", #"{service="odoo"} |= oops"#)
    #expect(logql.status == 1)
    #expect(logql.output.hasSuffix("^\n"))
    #expect(try Self.plimsoll(server, "query", #"{service="odoo"}"#, "--logql").status == 1)
    #expect(try Self.plimsoll(server, "logs", "count_over_time({a=\"b\"}[1m])").status == 1)
    for arguments in [
      ["query"], ["query", "up", "--end", "-1h"], ["query", "up", "-o", "yaml"], ["queery"],
      ["query", "up", "-o", "plot"], ["query", "up", "--time", "soon"],
      ["query", "up", "--start", "now", "--end", "-1h"], ["query", "up", "extra"],
      ["logs", "{a=\"b\"}", "--since", "soon"], ["logs", "{a=\"b\"}", "--limit", "0"],
      ["logs", "{a=\"b\"}", "--follow", "--histogram"], ["labels", "--since"],
    ] {
      let got = try run(
        ServerProcess.program, arguments, environment: ["PLIMSOLL_SERVER": server.http])
      #expect(got.status == 2, "\(arguments): \(got.output)")
      #expect(got.output.contains("Error: "), "\(got.output)")
    }
    for command in ["query", "logs", "labels", "tail"] {
      let help = try Self.plimsoll(server, command, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("plimsoll \(command) "), "\(help.output)")
    }
    server.kill()
    let away = try Self.plimsoll(server, "query", "up")
    #expect(away.status == 1)
    #expect(away.output.contains("is `plimsoll serve` running?"))
  }

  @Test func linesInEachForm() async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    let text = try Self.plimsoll(server, "logs", #"{service="odoo"}"#, "--limit", "3")
    #expect(text.status == 0)
    let lines = text.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.last?.hasSuffix(#"INFO     acme odoo: order 19 \x1b[2J größer"#) == true)
    let first = try Self.plimsoll(
      server, "logs", #"{service="odoo"}"#, "--limit", "1", "--direction", "forward", "-o", "raw")
    #expect(first.output == "order 0 \u{1B}[2J größer\n")
    let json = try Self.plimsoll(
      server, "logs", #"{level="error"}"#, "--since", "10m", "-o", "json")
    #expect(json.output.split(separator: "\n").count == 4)
    #expect(json.output.contains(#""status":"200""#))
    let csv = try Self.plimsoll(server, "logs", #"{level="error"}"#, "-o", "csv")
    #expect(csv.output.hasPrefix("time,message,"))
    #expect(try Self.plimsoll(server, "logs", #"{service="none"}"#).output == "")
    let bars = try Self.plimsoll(server, "logs", #"{service="odoo"}"#, "--histogram")
    #expect(bars.output.hasSuffix("▓ error 4  ░ info 16\n"), "\(bars.output)")
    let fields = try Self.plimsoll(server, "logs", #"{service="odoo"}"#, "--fields")
    #expect(fields.output.contains("status  int"), "\(fields.output)")
    #expect(fields.output.contains("200, 201"))
    let old = try Self.plimsoll(server, "logs", #"{service="odoo"}"#, "--until", "30m")
    #expect(old.output == "")
  }

  @Test func labelsOfMetricsAndLogs() async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    #expect(try Self.plimsoll(server, "labels").output == "__name__\ntenant\n")
    #expect(try Self.plimsoll(server, "labels", "__name__").output == "orders\n")
    #expect(
      try Self.plimsoll(server, "labels", "tenant", "--match", "orders").output == "acme\n")
    #expect(try Self.plimsoll(server, "labels", "tenant", "--match", "none").output == "")
    let logs = try Self.plimsoll(server, "labels", "--logs")
    #expect(logs.output.split(separator: "\n").contains("service"))
    let levels = try Self.plimsoll(
      server, "labels", "level", "--logs", "--match", #"{service="odoo"}"#, "-o", "csv")
    #expect(levels.output == "level\nerror\ninfo\n")
    #expect(try Self.plimsoll(server, "labels", "-o", "json").output.hasPrefix("{"))
    #expect(try Self.plimsoll(server, "labels", "--match", "{").status == 1)
  }

  @Test func aReaderThatGoesAwayEndsItQuietly() async throws {
    let server = try await Self.serve()
    defer { server.remove() }
    let got = try Self.shell(
      server,
      #"plimsoll logs '{service="odoo"}' --limit 5000 -o json | head -1 >&2; echo ${PIPESTATUS[0]}"#
    )
    let status = got.output.split(separator: "\n").last
    // Ended by the signal, when it came before the error.
    #expect(status == "0" || status == "141", "\(got.output)")
    #expect(got.output.split(separator: "\n").count == 2)
  }

  /// On a terminal there is colour, a plot for a range, and no byte of a line that steers it.
  @Test func terminalsAreShownMore() async throws {
    guard installed("script") != nil else { return }
    let server = try await Self.serve()
    defer { server.remove() }
    func terminal(_ line: String, _ setting: String = "") throws -> String {
      let command = "\(setting) COLUMNS=60 '\(ServerProcess.program)' \(line)"
      return try Self.shell(
        server, "script -qec \(Self.quoted(command)) /dev/null < /dev/null"
      ).output
    }
    let plot = try terminal("query --start -10m orders")
    #expect(plot.contains("┤") && plot.contains("\u{1B}[36m*"), "\(plot)")
    let bare = try terminal("query --start -10m orders", "NO_COLOR=1")
    #expect(bare.contains("┤") && !bare.contains("\u{1B}["))
    for form in ["text", "raw", "json", "csv"] {
      let lines = try terminal(#"logs '{level="error"}' -o \#(form)"#, "NO_COLOR=1")
      #expect(lines.contains("order 15") && !lines.contains("\u{1B}"), "\(lines)")
    }
    let colored = try terminal(#"logs '{level="error"}'"#)
    #expect(colored.contains("\u{1B}[31mERROR   \u{1B}[0m"))
    #expect(!colored.contains("\u{1B}[2J"))
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
  }

  /// Following goes on over a restart of the server, tells each line once, and ends with Ctrl-C.
  @Test func followingLosesNothingAndEndsCleanly() async throws {
    let folder = NSTemporaryDirectory() + "/plimsoll-follow-" + UUID().uuidString.lowercased()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var server = try ServerProcess(folder: folder)
    func push(_ text: String) async throws {
      let body = Data(#"{"tenant":"acme","service":"odoo","message":"\#(text)"}"#.utf8)
      #expect(try await server.call("POST", "/ingest/json", body: body).status == 200)
    }
    try await push("one")
    try await push("two")
    let following = Process()
    let output = Pipe()
    following.executableURL = URL(fileURLWithPath: ServerProcess.program)
    following.arguments = [
      "logs", "-f", #"{service="odoo"}"#, "--limit", "1", "-o", "raw", "--server", server.http,
    ]
    following.standardOutput = output
    following.standardError = FileHandle.nullDevice
    try following.run()
    var told = ""
    func wait(_ text: String) throws {
      while !told.contains(text) {
        let more = output.fileHandleForReading.availableData
        guard !more.isEmpty else { throw ServerProcess.Failure("it ended: \(told)") }
        told += String(decoding: more, as: UTF8.self)
      }
    }
    try wait("two\n")
    try await push("three")
    try wait("three\n")
    let address = server.http.replacingOccurrences(of: "http://", with: "")
    server.stop()
    server = try ServerProcess(folder: folder, arguments: ["--http", address])
    try await push("four")
    try wait("four\n")
    following.interrupt()
    told += String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    following.waitUntilExit()
    #expect(following.terminationStatus == 0)
    #expect(following.terminationReason == .exit)
    #expect(told == "two\nthree\nfour\n")
    server.remove()
  }
}
