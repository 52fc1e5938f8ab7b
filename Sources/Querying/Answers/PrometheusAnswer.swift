package import Bytes
package import Model

/// The JSON bodies of the Prometheus HTTP API.
package enum PrometheusAnswer {
  /// `{"status":"success","data":{"resultType":...,"result":...}}`. Log streams have no form in
  /// this API and give its failure. With statistics and the times of their steps, `data` has
  /// `stats` too, and with an explanation `explain`.
  package static func success(
    _ value: QueryValue, warnings: [String] = [], infos: [String] = [],
    statistics: QueryStatistics? = nil, steps: EvaluationTimes? = nil,
    explanation: QueryExplanation? = nil
  ) -> [UInt8] {
    if case .streams = value {
      return failure(QueryFault(.badData, "the query answers log lines; use the Loki API"))
    }
    let begin = Deadline.now
    return envelope(warnings: warnings, infos: infos) { writer in
      writer.object { writer in
        values.write(value, into: &writer)
        if let statistics { write(statistics, steps, into: &writer) }
        explanation?.write(into: &writer, writing: begin)
      }
    }
  }

  /// A query laid out for people.
  package static func formatted(_ expression: PromQL.Expression) -> [UInt8] {
    envelope { $0.string(expression.layout) }
  }

  /// A query's tree.
  package static func parsed(_ expression: PromQL.Expression) -> [UInt8] {
    envelope { SyntaxTreeAnswer.write(expression, into: &$0) }
  }

  /// `{"status":"error","errorType":...,"error":...}`.
  package static func failure(_ fault: QueryFault) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("status")
      writer.string("error")
      writer.key("errorType")
      writer.string(fault.kind.rawValue)
      writer.key("error")
      writer.string(fault.message)
    }
    return writer.bytes
  }

  /// The HTTP status that goes with a fault.
  package static func status(of fault: QueryFault) -> Int {
    switch fault.kind {
    case .badData: 400
    case .execution: 422
    case .timeout: 503
    case .canceled: 499
    case .internal: 500
    case .unavailable: 503
    }
  }

  /// Names of labels, or the values of one.
  package static func names(_ names: [ByteString], warnings: [String] = []) -> [UInt8] {
    envelope(warnings: warnings) { writer in
      writer.array { writer in
        for name in names { writer.string(name) }
      }
    }
  }

  /// The labels of series.
  package static func series(_ series: [Labels], warnings: [String] = []) -> [UInt8] {
    envelope(warnings: warnings) { writer in
      writer.array { writer in
        for labels in series { ValueWriter.write(labels, into: &writer) }
      }
    }
  }

  /// A success around data that `data` writes.
  package static func envelope(
    warnings: [String] = [], infos: [String] = [], _ data: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("status")
      writer.string("success")
      writer.key("data")
      data(&writer)
      for (key, notes) in [("warnings", warnings), ("infos", infos)] where !notes.isEmpty {
        writer.key(key)
        writer.array { writer in
          for note in notes { writer.string(note) }
        }
      }
    }
    return writer.bytes
  }

  /// Times in seconds; the samples of each step when the steps are given.
  private static func write(
    _ statistics: QueryStatistics, _ steps: EvaluationTimes?, into writer: inout JSONWriter
  ) {
    let computing = statistics.evaluating - statistics.preparing - statistics.sorting
    let timings: [(String, Int64)] = [
      ("evalTotalTime", statistics.evaluating), ("resultSortTime", statistics.sorting),
      ("queryPreparationTime", statistics.preparing), ("innerEvalTime", computing),
      ("execQueueTime", statistics.queued),
      ("execTotalTime", statistics.queued + statistics.evaluating),
    ]
    writer.key("stats")
    writer.object { writer in
      writer.key("timings")
      writer.object { writer in
        for (name, nanoseconds) in timings {
          writer.key(name)
          writer.number(Double(nanoseconds) / 1e9)
        }
      }
      writer.key("samples")
      writer.object { writer in
        if let steps {
          writer.key("totalQueryableSamplesPerStep")
          writer.array { writer in
            for (index, count) in statistics.samplesByStep.enumerated() {
              writer.array { writer in
                writer.raw { append(seconds: steps.instant(index), to: &$0) }
                writer.integer(count)
              }
            }
          }
        }
        writer.key("totalQueryableSamples")
        writer.integer(statistics.samples)
        writer.key("peakSamples")
        writer.integer(statistics.held)
      }
    }
  }

  private static var values: ValueWriter {
    ValueWriter(seconds: append(seconds:to:), number: append(number:to:))
  }

  /// Appends milliseconds as seconds: whole, or with three decimals, as Prometheus writes them.
  package static func append(seconds milliseconds: Int64, to bytes: inout [UInt8]) {
    if milliseconds < 0 { bytes.append(45) }
    let magnitude = milliseconds.magnitude
    let isWhole = magnitude % 1_000 == 0
    Numbers.append(isWhole ? magnitude / 1_000 : magnitude, places: isWhole ? 0 : 3, to: &bytes)
  }

  /// Appends a float as Prometheus writes it: with an exponent below 1e-6 and from 1e21 on.
  package static func append(number value: Double, to bytes: inout [UInt8]) {
    let magnitude = abs(value)
    guard value.isFinite, value != 0, magnitude < 1e-6 || magnitude >= 1e21 else {
      return Numbers.append(value, to: &bytes)
    }
    bytes.append(contentsOf: "\(value)".utf8)
  }
}
