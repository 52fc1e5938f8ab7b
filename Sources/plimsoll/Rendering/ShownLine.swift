package import Bytes

/// One log line as the commands print it; equal when all that was told of it is.
package struct ShownLine: Hashable, Sendable {
  /// A label or field.
  package struct Pair: Hashable, Sendable {
    package let name: ByteString
    package let value: ByteString
  }

  /// Nanoseconds since 1970.
  package let time: Int64
  package let text: ByteString
  package let labels: [Pair]
  package let fields: [Pair]

  /// The lines of a Loki `streams` answer, oldest first.
  package static func all(in answer: JSONValue) -> [ShownLine] {
    var lines: [ShownLine] = []
    for stream in answer["data"]?["result"]?.elements ?? [] {
      let labels = pairs(stream["stream"])
      for value in stream["values"]?.elements ?? [] {
        let parts = value.elements ?? []
        guard parts.count >= 2, let digits = parts[0].bytes,
          let time = Numbers.integer(digits.bytes.span)
        else { continue }
        lines.append(
          ShownLine(
            time: time, text: parts[1].bytes ?? .empty, labels: labels,
            fields: parts.count > 2 ? pairs(parts[2]) : []))
      }
    }
    return lines.enumerated().sorted {
      $0.element.time == $1.element.time
        ? $0.offset < $1.offset : $0.element.time < $1.element.time
    }.map(\.element)
  }

  private static func pairs(_ object: JSONValue?) -> [Pair] {
    (object?.members ?? []).map { Pair(name: $0.key, value: $0.value.bytes ?? .empty) }
  }

  /// The labels that stand in front of the message: the others of it are in the JSON.
  private static let heads = ["tenant", "service", "release", "logger"]

  private func label(_ name: String) -> String {
    let name = ByteString(name)
    return labels.first { $0.name == name }?.value.text ?? ""
  }

  /// Time, level, labels and message; further lines of the message are indented, and so is, if
  /// asked for, each field below it.
  package func text(_ style: Style, withFields: Bool = false) -> String {
    let level = label("level")
    let color = Style.color(ofLevel: level)
    var heads = Self.heads.map(label).filter { !$0.isEmpty }.map(VisibleText.line)
    // A pushed line has labels of its own instead.
    if heads.isEmpty {
      heads = labels.filter { $0.name != "level" }
        .map { VisibleText.line("\($0.name)=\($0.value)") }
    }
    let parts =
      [
        style.paint(Instant.text(time), .gray),
        level.isEmpty
          ? ""
          : style.paint(TextWidth.padded(VisibleText.line(level).uppercased(), to: 8), color),
      ] + heads
    let head = parts.filter { !$0.isEmpty }.joined(separator: " ")
    var lines = [head + ": " + style.paint(VisibleText.lines(text.text), color)]
    if withFields {
      lines += fields.map {
        style.paint("    \(VisibleText.line("\($0.name)=\($0.value)"))", .gray)
      }
    }
    return lines.joined(separator: "\n")
  }

  /// One JSON object: time, message, labels and fields.
  package var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("time")
      json.string(Instant.text(time))
      json.key("message")
      json.string(text)
      for pair in labels + fields {
        json.key(pair.name)
        json.string(pair.value)
      }
    }
    return json.bytes
  }

  /// The lines as comma-separated values under a line of names: time, message, and each label and
  /// field that any of them has.
  package static func csv(_ lines: [ShownLine]) -> String {
    let names = Set(lines.flatMap { ($0.labels + $0.fields).map(\.name) }).sorted()
    var rows = [CommaText.row(["time", "message"] + names.map(\.text))]
    for line in lines {
      var values: [ByteString: String] = [:]
      for pair in line.fields + line.labels { values[pair.name] = pair.value.text }
      rows.append(
        CommaText.row([Instant.text(line.time), line.text.text] + names.map { values[$0] ?? "" }))
    }
    return rows.joined(separator: "\n")
  }
}
