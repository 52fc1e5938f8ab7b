package import Bytes
package import Model

/// The JSON bodies of the Loki HTTP API, and log lines as the command line prints them.
package enum LokiAnswer {
  /// `{"status":"success","data":{"resultType":...,"result":...,"stats":...}}`. `withFields` adds
  /// to each line an object of the record's typed fields, as its third element. `seconds` is how
  /// long the query took; with an explanation `data` has `explain` too.
  package static func success(
    _ value: QueryValue, withFields: Bool = false, seconds: Double = 0, warnings: [String] = [],
    explanation: QueryExplanation? = nil
  ) -> [UInt8] {
    let begin = Deadline.now
    return envelope(warnings: warnings) { writer in
      writer.object { writer in
        write(value, withFields, into: &writer)
        writer.key("stats")
        writeStatistics(value, seconds, into: &writer)
        explanation?.write(into: &writer, writing: begin)
      }
    }
  }

  /// Names of labels, or the values of one.
  package static func strings(_ strings: [ByteString], warnings: [String] = []) -> [UInt8] {
    envelope(warnings: warnings) { writer in
      writer.array { writer in
        for string in strings { writer.string(string) }
      }
    }
  }

  /// The labels of streams.
  package static func series(_ series: [Labels], warnings: [String] = []) -> [UInt8] {
    envelope(warnings: warnings) { writer in
      writer.array { writer in
        for labels in series { ValueWriter.write(labels, into: &writer) }
      }
    }
  }

  /// The text of a failed query: Loki answers `text/plain`, the position in the message.
  package static func failure(_ fault: QueryFault) -> [UInt8] {
    Array(fault.message.utf8)
  }

  /// The HTTP status that goes with a fault.
  package static func status(of fault: QueryFault) -> Int {
    switch fault.kind {
    case .badData, .execution: 400
    case .timeout: 504
    case .canceled: 499
    case .internal: 500
    case .unavailable: 429
    }
  }

  /// One log line as a JSON object: time, message, labels and fields. A field of a name that is
  /// taken is called `exported_...`. No line feed behind it.
  package static func line(_ line: LogStream.Line, of labels: Labels) -> [UInt8] {
    var taken: Set<ByteString> = ["time", "message"]
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("time")
      writer.string(Instant.text(line.time))
      for label in labels.pairs + line.fields where label.name != StreamLabels.field {
        var name = label.name
        // A field that joined the labels stands there already.
        if labels[name] == label.value, taken.contains(name) { continue }
        if taken.contains(name) { name = ByteString(Array("exported_".utf8) + name.bytes) }
        guard taken.insert(name).inserted else { continue }
        writer.key(name)
        writer.string(label.value)
      }
      writer.key("message")
      writer.string(line.text)
    }
    return writer.bytes
  }

  /// A success around data that `data` writes.
  static func envelope(
    warnings: [String] = [], _ data: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("status")
      writer.string("success")
      writer.key("data")
      data(&writer)
      guard !warnings.isEmpty else { return }
      writer.key("warnings")
      writer.array { writer in
        for warning in warnings { writer.string(warning) }
      }
    }
    return writer.bytes
  }

  private static var values: ValueWriter {
    ValueWriter(seconds: append(seconds:to:), number: { Numbers.append($0, to: &$1) })
  }

  private static func write(
    _ value: QueryValue, _ withFields: Bool, into writer: inout JSONWriter
  ) {
    guard case .streams(let streams) = value else {
      values.write(value, into: &writer)
      return
    }
    writer.key("resultType")
    writer.string("streams")
    writer.key("result")
    writer.array { writer in
      for stream in streams { write(stream, withFields, into: &writer) }
    }
  }

  private static func write(
    _ stream: LogStream, _ withFields: Bool, into writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.key("stream")
      ValueWriter.write(stream.labels, into: &writer)
      writer.key("values")
      writer.array { writer in
        for line in stream.lines {
          writer.array { writer in
            writer.string("\(line.time)")
            writer.string(line.text)
            if withFields { write(fields: line.fields, into: &writer) }
          }
        }
      }
    }
  }

  /// Names once each: of a repeated one the first value.
  private static func write(fields: [Label], into writer: inout JSONWriter) {
    var taken: Set<ByteString> = []
    writer.object { writer in
      for field in fields
      where field.name != StreamLabels.field && taken.insert(field.name).inserted {
        writer.key(field.name)
        writer.string(field.value)
      }
    }
  }

  /// Appends milliseconds as seconds with no more decimals than they need, as Loki writes them.
  private static func append(seconds milliseconds: Int64, to bytes: inout [UInt8]) {
    if milliseconds < 0 { bytes.append(45) }
    var digits = milliseconds.magnitude
    var places = 3
    while places > 0, digits % 10 == 0 {
      digits /= 10
      places -= 1
    }
    Numbers.append(digits, places: places, to: &bytes)
  }

  static func writeStatistics(
    _ value: QueryValue, _ seconds: Double, into writer: inout JSONWriter
  ) {
    var entries = 0
    switch value {
    case .scalar, .string: entries = 1
    case .vector(let elements): entries = elements.count
    case .matrix(let matrix): entries = matrix.reduce(0) { $0 + $1.points.count }
    case .streams(let streams): entries = streams.reduce(0) { $0 + $1.lines.count }
    }
    writer.object { writer in
      writer.key("summary")
      writer.object { writer in
        writer.key("execTime")
        writer.number(seconds)
        writer.key("queueTime")
        writer.number(0)
        writer.key("totalEntriesReturned")
        writer.integer(entries)
      }
    }
  }
}
