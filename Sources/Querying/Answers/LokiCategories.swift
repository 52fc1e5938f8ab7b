import Bytes
import Model

extension LokiAnswer {
  /// What a client names in `X-Loki-Response-Encoding-Flags` to be told of each line which labels
  /// are its stream's, which its structured metadata, and which a stage has found.
  package static let categorizing = "categorize-labels"

  /// Log lines in that form: streams by their own labels alone, and the others in an object behind
  /// each line. Typed fields of records that were not pushed are structured metadata here, whether
  /// the query names them or not.
  package static func categorized(
    _ streams: [LogStream], _ direction: LogQL.Direction, warnings: [String] = [],
    explanation: QueryExplanation? = nil
  ) -> [UInt8] {
    let begin = Deadline.now
    var places: [Labels: Int] = [:]
    var groups: [(labels: Labels, lines: [(line: LogStream.Line, others: LineCategories)])] = []
    var own: [ByteString: Set<ByteString>] = [:]
    for stream in streams {
      for line in stream.lines {
        let (labels, others) = LineCategories.split(stream.labels, line, &own)
        let place = places[labels] ?? groups.count
        if place == groups.count {
          places[labels] = place
          groups.append((labels, []))
        }
        groups[place].lines.append((line, others))
      }
    }
    for index in groups.indices {
      groups[index].lines.sort {
        direction == .forward ? $0.line.time < $1.line.time : $0.line.time > $1.line.time
      }
    }
    return envelope(warnings: warnings) { writer in
      writer.object { writer in
        writer.key("resultType")
        writer.string("streams")
        writer.key("encodingFlags")
        writer.array { $0.string(categorizing) }
        writer.key("result")
        writer.array { writer in
          for group in groups {
            writer.object { writer in
              writer.key("stream")
              ValueWriter.write(group.labels, into: &writer)
              writer.key("values")
              writer.array { writer in
                for (line, others) in group.lines { others.write(line, into: &writer) }
              }
            }
          }
        }
        writer.key("stats")
        writeStatistics(.streams(streams), 0, into: &writer)
        explanation?.write(into: &writer, writing: begin)
      }
    }
  }
}

/// The labels of a line that are not its stream's.
struct LineCategories {
  private static let parts: Set<ByteString> = [
    LogLabels.service, LogLabels.environment, LogLabels.host, LogLabels.logger,
    LogLabels.release, LogLabels.tenant,
  ]

  private var metadata = Labels.empty
  private var parsed = Labels.empty

  /// Tells the labels of a line apart. `own` remembers the names of stream labels by the field that
  /// has them.
  static func split(
    _ labels: Labels, _ line: LogStream.Line, _ own: inout [ByteString: Set<ByteString>]
  ) -> (stream: Labels, others: LineCategories) {
    var names = parts
    let field = line.fields.first { $0.name == StreamLabels.field }?.value
    if let field {
      let known = own[field] ?? Set((StreamLabels.read(field) ?? []).map(\.name))
      own[field] = known
      names.formUnion(known)
      if known.contains(LogLabels.tenant) { names.insert(LogLabels.exportedTenant) }
    } else {
      names.insert(LogLabels.level)
    }
    var others = LineCategories()
    for pair in line.fields where pair.name != StreamLabels.field {
      let name = LogLabels.sanitized(pair.name)
      // Those of pushed records are labels already, unless a stage took them away.
      let extracted = ByteString(name.bytes + Array("_extracted".utf8))
      if !names.contains(name), labels[name] == pair.value || field == nil {
        others.metadata.set(name, pair.value)
      } else if labels[extracted] == pair.value {
        others.metadata.set(extracted, pair.value)
      }
    }
    var stream = Labels.empty
    for pair in labels.pairs {
      if names.contains(pair.name) {
        stream.set(pair.name, pair.value)
      } else if others.metadata[pair.name] != pair.value {
        others.parsed.set(pair.name, pair.value)
      }
    }
    return (stream, others)
  }

  /// `["ns","line",{"structuredMetadata":{...},"parsed":{...}}]`; what is empty is left out.
  func write(_ line: LogStream.Line, into writer: inout JSONWriter) {
    writer.array { writer in
      writer.string("\(line.time)")
      writer.string(line.text)
      writer.object { writer in
        if !metadata.isEmpty {
          writer.key("structuredMetadata")
          ValueWriter.write(metadata, into: &writer)
        }
        if !parsed.isEmpty {
          writer.key("parsed")
          ValueWriter.write(parsed, into: &writer)
        }
      }
    }
  }
}
