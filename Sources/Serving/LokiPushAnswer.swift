import Bytes
import Model

/// What Loki's push API answers: 204 without a body, or the reason in plain text with a line end.
/// Entries that are refused do not keep the others of the request from being stored, and the answer
/// is 400 all the same, so that no sender repeats it (Loki, "Ingest logs").
enum LokiPushAnswer {
  /// The wire format that is answered so.
  static let format = "loki"

  static func answer(_ outcome: IngestOutcome) -> HTTPAnswer {
    switch outcome.status {
    case .unavailable(let reason, let seconds):
      var answer = HTTPAnswer.text(reason + "\n", status: 503)
      answer.headers = [("Retry-After", String(seconds))]
      return answer
    case .refused(let fault): return .text(text(fault) + "\n", status: status(of: fault))
    case .duplicate: return HTTPAnswer(status: 204, contentType: "text/plain", body: [])
    case .stored:
      guard outcome.faults.total > 0 else {
        return HTTPAnswer(status: 204, contentType: "text/plain", body: [])
      }
      return .text(text(outcome), status: 400)
    }
  }

  /// A request that was refused before its body was read.
  static func failure(_ message: String) -> HTTPAnswer {
    .text(message + "\n", status: 400)
  }

  private static func status(of fault: Fault) -> Int {
    switch fault.reason {
    case .bodyTooLarge: 413
    case .unsupported: 415
    // No stream was sent at all.
    case .emptyRow: 422
    default: 400
    }
  }

  private static func text(_ fault: Fault) -> String {
    let detail = fault.detail.isEmpty ? fault.reason.rawValue : fault.detail
    return fault.sample.isEmpty ? detail : "\(detail): \(fault.sample)"
  }

  private static func text(_ outcome: IngestOutcome) -> String {
    let refused = outcome.faults.total
    var text = ""
    let entries = outcome.faults.entries.sorted { $0.key.rawValue < $1.key.rawValue }
    for (_, entry) in entries { text += "\(self.text(entry.first)) (\(entry.count) entries)\n" }
    return text + "total ignored: \(refused) out of \(refused + outcome.storedRows)\n"
  }
}
