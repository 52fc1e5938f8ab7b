package import Bytes

/// An answer of the query API that is numbers: what the renderings are made of.
package struct QueryAnswer: Sendable {
  /// A number at an instant.
  package struct Point: Sendable {
    /// Milliseconds since 1970.
    package let time: Int64
    package let value: Double
    /// The number as the API wrote it.
    package let text: String

    /// The instant in RFC 3339.
    package var clock: String { Instant.text(time.multiplied(by: Instant.millisecond) ?? 0) }
  }

  /// The points of one set of labels.
  package struct Series: Sendable {
    package let labels: [(name: String, value: String)]
    package let points: [Point]

    /// The value of a label; empty when the series has none of that name.
    package func label(_ name: String) -> String {
      labels.first { $0.name == name }?.value ?? ""
    }

    /// `metric{name="value"}`, in one line.
    package var name: String {
      let rest = labels.filter { $0.name != "__name__" }
        .map { "\(VisibleText.line($0.name))=\"\(VisibleText.line($0.value))\"" }
      let metric = VisibleText.line(label("__name__"))
      return rest.isEmpty && !metric.isEmpty ? metric : "\(metric){\(rest.joined(separator: ", "))}"
    }
  }

  /// What was asked for.
  package enum Kind: Sendable {
    case vector, matrix
    /// A scalar or string: one series without labels, of one point.
    case single
  }

  package let kind: Kind
  package let series: [Series]
  /// Warnings and infos that came with it.
  package let notes: [String]

  /// Nil when it is no answer of numbers: log lines, or nothing that the API says.
  package init?(_ answer: JSONValue) {
    let data = answer["data"]
    let result = data?["result"]
    switch data?["resultType"]?.text {
    case "vector": kind = .vector
    case "matrix": kind = .matrix
    case "scalar", "string": kind = .single
    default: return nil
    }
    if kind == .single {
      series = [Series(labels: [], points: [result.flatMap(Self.point)].compactMap { $0 })]
    } else {
      series = (result?.elements ?? []).map { element in
        Series(
          labels: (element["metric"]?.members ?? []).map { ($0.key.text, $0.value.text ?? "") },
          points: (element["values"]?.elements ?? [element["value"]].compactMap { $0 })
            .compactMap(Self.point))
      }
    }
    notes = ["warnings", "infos"].flatMap {
      (answer[$0]?.elements ?? []).compactMap(\.text)
    }
  }

  private static func point(_ value: JSONValue) -> Point? {
    guard let pair = value.elements, pair.count == 2, let seconds = pair[0].number,
      let time = Int64(clamping: seconds * 1_000), let text = pair[1].text
    else { return nil }
    return Point(time: time, value: Double(text) ?? .nan, text: text)
  }

  /// The names of all labels, the metric's first.
  package var labelNames: [String] {
    Set(series.flatMap { $0.labels.map(\.name) }).sorted {
      ($0 == "__name__" ? 0 : 1, $0) < ($1 == "__name__" ? 0 : 1, $1)
    }
  }

  package var isEmpty: Bool { series.allSatisfy(\.points.isEmpty) }
}

extension QueryAnswer {
  /// The answer as a table: a column for each label, the time where there are several, the value.
  package func table(_ style: Style) -> String {
    if kind == .single { return VisibleText.lines(series.first?.points.first?.text ?? "") }
    guard !isEmpty else { return "no series" }
    let names = labelNames
    let hasTime = kind == .matrix
    var grid = TextGrid(
      names.map { TextGrid.Column($0 == "__name__" ? "METRIC" : $0) }
        + (hasTime ? [TextGrid.Column("TIME")] : [])
        + [TextGrid.Column("VALUE", isNumeric: true)])
    for one in series {
      for point in one.points {
        grid.append(
          names.map { one.label($0) } + (hasTime ? [point.clock] : []) + [point.text])
      }
    }
    return grid.text(style)
  }

  /// The answer as comma-separated values under a line of names: time, value, and each label.
  package var csv: String {
    let names = labelNames
    var rows = [CommaText.row(["time", "value"] + names)]
    for one in series {
      for point in one.points {
        rows.append(CommaText.row([point.clock, point.text] + names.map { one.label($0) }))
      }
    }
    return rows.joined(separator: "\n")
  }
}
