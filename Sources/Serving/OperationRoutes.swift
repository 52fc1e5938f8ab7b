import Storing

/// Health, our own counters, reload, compaction.
enum OperationRoutes {
  static func routes(_ doors: Doors) -> [Route] {
    let ready: @Sendable (HTTPQuestion) async throws -> HTTPAnswer = { _ in
      doors.isReady() ? .text("Plimsoll is ready.\n") : .text("not ready\n", status: 503)
    }
    return [
      Route(["GET"], "/-/healthy") { _ in .text("Plimsoll is healthy.\n") },
      Route(["GET"], "/-/ready", answer: ready),
      Route(["GET"], "/ready", answer: ready),
      Route(["GET"], "/metrics") { _ in
        HTTPAnswer(
          contentType: "text/plain; version=0.0.4; charset=utf-8", body: doors.metrics())
      },
      Route(["GET"], "/api/v1/listeners") { _ in .json(doors.listeners()) },
      Route(["POST", "PUT"], "/-/reload") { _ in
        let problems = await doors.reload()
        if problems.isEmpty { return .text("reloaded\n") }
        return .text(
          problems.joined(separator: "\n") + "\nwhat was refused keeps its last good version\n",
          status: 500)
      },
      Route(["POST"], "/internal/compact") { _ in
        do {
          try await doors.compact()
        } catch {
          return .text("not compacted: \(error)\n", status: 503)
        }
        return .text("compacted\n")
      },
      Route(["POST"], "/internal/backup") { question in
        guard let folder = question.parameter("dir"), folder.hasPrefix("/") else {
          return .text(
            "dir= must be the absolute path of a folder that is not there yet\n", status: 400)
        }
        do {
          let report = try await doors.backup(folder)
          return .text("\(report.files) block files, \(report.bytes) bytes in \(folder)\n")
        } catch {
          return .text("no backup was made: \(error)\n", status: 503)
        }
      },
    ]
  }
}
