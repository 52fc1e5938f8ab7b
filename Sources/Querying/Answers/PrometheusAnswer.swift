package import Bytes
package import Model

/// The JSON bodies of the Prometheus HTTP API.
package enum PrometheusAnswer {
  /// `{"status":"success","data":{"resultType":...,"result":...}}`. Log streams have no form in
  /// this API and give its failure.
  package static func success(
    _ value: QueryValue, warnings: [String] = [], infos: [String] = []
  ) -> [UInt8] {
    if case .streams = value {
      return failure(QueryFault(.badData, "the query answers log lines; use the Loki API"))
    }
    return envelope(warnings: warnings, infos: infos) { writer in
      writer.object { writer in values.write(value, into: &writer) }
    }
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

  private static var values: ValueWriter { ValueWriter(seconds: seconds, number: number) }

  /// Milliseconds as seconds: whole, or with three decimals, as Prometheus writes them.
  package static func seconds(_ milliseconds: Int64) -> String {
    let magnitude = milliseconds.magnitude
    let head = (milliseconds < 0 ? "-" : "") + "\(magnitude / 1_000)"
    let fraction = Int(magnitude % 1_000)
    return fraction == 0 ? head : head + "." + Instant.padded(fraction, 3)
  }

  /// A float as Prometheus writes it: with an exponent below 1e-6 and from 1e21 on.
  package static func number(_ value: Double) -> String {
    let magnitude = abs(value)
    guard value.isFinite, value != 0, magnitude < 1e-6 || magnitude >= 1e21 else {
      return Numbers.text(value)
    }
    return "\(value)"
  }
}
