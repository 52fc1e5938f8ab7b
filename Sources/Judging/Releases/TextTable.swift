/// Rows of text in aligned columns, for terminals.
struct TextTable {
  /// A column: its heading, and whether its cells stand at the right, as numbers do.
  struct Column {
    let title: String
    let isNumeric: Bool

    init(_ title: String, isNumeric: Bool = false) {
      self.title = title
      self.isNumeric = isNumeric
    }
  }

  let columns: [Column]
  private var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row; what stands in a cell comes from tenants, so control characters are replaced.
  mutating func append(_ cells: [String]) {
    rows.append(
      cells.map { cell in
        String(
          String.UnicodeScalarView(
            cell.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 })
        )
      })
  }

  /// The table with its headings; two blanks between columns, none at the end of a line.
  var text: String {
    var widths = columns.map(\.title.count)
    for row in rows {
      for (index, cell) in row.enumerated() where index < widths.count {
        widths[index] = Swift.max(widths[index], cell.count)
      }
    }
    let lines = ([columns.map(\.title)] + rows).map { row in
      var line = ""
      for (index, column) in columns.enumerated() {
        let cell = index < row.count ? row[index] : ""
        let blanks = String(repeating: " ", count: Swift.max(0, widths[index] - cell.count))
        line += (index == 0 ? "" : "  ") + (column.isNumeric ? blanks + cell : cell + blanks)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }
    return lines.joined()
  }
}

/// How numbers, shares and durations are written for people.
enum Wording {
  /// A number with so many digits after the point.
  static func number(_ value: Double, digits: Int = 0) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int64((abs(value) * scale).rounded())
    let unit = Int64(scale)
    let sign = value < 0 && scaled != 0 ? "-" : ""
    guard digits > 0 else { return sign + String(scaled) }
    let fraction = String(scaled % unit)
    let zeros = String(repeating: "0", count: Swift.max(0, digits - fraction.count))
    return "\(sign)\(scaled / unit).\(zeros)\(fraction)"
  }

  /// A number cut to so many digits after the point, for JSON.
  static func rounded(_ value: Double, digits: Int) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded.isFinite ? rounded : value
  }

  /// A share of one, as a percentage.
  static func share(_ value: Double?) -> String {
    value.map { number($0 * 100, digits: 1) + "%" } ?? "-"
  }

  /// Seconds, short: `850ms`, `2.4s`.
  static func seconds(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    return value < 1 ? number(value * 1_000) + "ms" : number(value, digits: 1) + "s"
  }

  /// A length of time in nanoseconds, in its two largest units: `2d4h`, `5m30s`.
  static func span(_ nanoseconds: Int64) -> String {
    let total = nanoseconds.magnitude / 1_000_000_000
    let parts: [(UInt64, String)] = [
      (total / 86_400, "d"), (total / 3_600 % 24, "h"), (total / 60 % 60, "m"), (total % 60, "s"),
    ]
    guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
    return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }
}
