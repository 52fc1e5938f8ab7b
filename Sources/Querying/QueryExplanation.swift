package import Bytes
import Model

/// What was read for a query, what it held, and how long each part took; times are nanoseconds of
/// the monotonic clock.
package struct QueryExplanation: Sendable {
  private let waited: Int64
  private var parse: Int64 = 0
  /// Planning, reading and computing together.
  private var evaluation: Int64 = 0
  private var counts = ReadCounts()
  private var charged = 0
  private var peak = 0

  /// `waited` is how long the query waited for its turn.
  package init(waited: Int64) {
    self.waited = waited
  }

  /// Times the parsing.
  package mutating func parsing<Result>(
    _ body: () throws(QueryFault) -> Result
  ) throws(QueryFault) -> Result {
    let begin = Deadline.now
    defer { parse += Deadline.now &- begin }
    return try body()
  }

  /// Times the evaluation, and takes over what its budget counted.
  package mutating func evaluating<Result, Failure: Error>(
    _ budget: Budget, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let begin = Deadline.now
    defer {
      evaluation += Deadline.now &- begin
      counts = budget.meter.counts
      charged = budget.used
      peak = budget.peak
    }
    return try body()
  }

  /// Writes the member `explain`; the answer before it was begun at `writing`.
  package func write(into json: inout JSONWriter, writing begin: Int64) {
    let read = min(counts.readNanoseconds, evaluation)
    let plan = min(counts.planNanoseconds, evaluation - read)
    json.key("explain")
    json.object { json in
      json.key("blocks")
      json.object { json in
        Self.write([("considered", counts.blocksConsidered)], &json)
        json.key("pruned")
        json.object { json in
          Self.write(
            [
              ("tenant", counts.prunedByTenant), ("time", counts.prunedByTime),
              ("index", counts.prunedByIndex), ("filter", counts.prunedByFilter),
            ], &json)
        }
        Self.write([("read", counts.blocksRead)], &json)
      }
      Self.write(
        [
          ("frames", counts.framesRead), ("bytesRead", counts.bytesRead),
          ("bytesUnpacked", counts.bytesUnpacked), ("rows", counts.rows),
          ("samples", counts.samples), ("series", counts.series), ("charged", charged),
          ("peakMemory", peak),
        ], &json)
      json.key("seconds")
      json.object { json in
        for (name, nanoseconds) in [
          ("wait", waited), ("parse", parse), ("plan", plan), ("read", read),
          ("evaluate", evaluation - read - plan), ("write", Deadline.now &- begin),
        ] {
          json.key(name)
          json.number(Double(nanoseconds) / 1e9)
        }
      }
    }
  }

  private static func write(_ members: [(name: String, value: Int)], _ json: inout JSONWriter) {
    for (name, value) in members {
      json.key(name)
      json.integer(value)
    }
  }
}
