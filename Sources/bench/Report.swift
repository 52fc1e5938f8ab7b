import Bytes

/// What came out, for people and for programs.
struct Report {
  /// One benchmark's outcome.
  struct Entry {
    let name: String
    let rows: Int
    let runs: Int
    let figures: [Figure]
    let notes: [String]
    let failure: String?
  }

  private(set) var entries: [Entry] = []

  var hasFailure: Bool { entries.contains { $0.failure != nil } }

  /// Adds what a benchmark measured.
  mutating func add(_ benchmark: any Benchmark, _ figures: [Figure], _ bench: Workbench) {
    entries.append(
      Entry(
        name: benchmark.name, rows: bench.rows, runs: bench.runs, figures: figures,
        notes: bench.notes, failure: nil))
  }

  /// Adds that a benchmark could not measure.
  mutating func add(_ benchmark: any Benchmark, failure: String) {
    entries.append(
      Entry(name: benchmark.name, rows: 0, runs: 0, figures: [], notes: [], failure: failure))
  }

  /// Everything as one JSON object; a figure that is not finite is null.
  var json: String {
    var json = JSONWriter()
    json.object { json in
      json.key("benchmarks")
      json.array { json in for entry in entries { entry.write(&json) } }
    }
    return json.text
  }
}

extension Report.Entry {
  /// A plain table.
  var text: String {
    if let failure { return "\(name): FAILED: \(failure)" }
    let head = ["figure", "value", "unit", "bar", "goal", "", "ours / theirs"]
    let rows = figures.map { figure in
      [
        figure.name, Figure.text(figure.value), figure.unit,
        figure.bar.map { "\(figure.better == .lower ? "<=" : ">=") \(Figure.text($0))" } ?? "",
        figure.goal.map(Figure.text) ?? "", figure.verdict,
        figure.comparison.map {
          "\(Figure.text($0.ours)) / \(Figure.text($0.value)) \($0.unit) of \($0.yardstick)"
        } ?? "",
      ]
    }
    let table = TextTable.text([head] + rows, numbers: [1, 3, 4])
    return
      (["\(name): \(Figure.text(Double(self.rows))) rows, runs: \(runs)", table]
      + notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  func write(_ json: inout JSONWriter) {
    json.object { json in
      json.key("name")
      json.string(name)
      if let failure {
        json.key("failure")
        json.string(failure)
      }
      json.key("rows")
      json.integer(rows)
      json.key("runs")
      json.integer(runs)
      json.key("figures")
      json.array { json in for figure in figures { figure.write(&json) } }
      json.key("notes")
      json.array { json in for note in notes { json.string(note) } }
    }
  }
}

extension Figure {
  func write(_ json: inout JSONWriter) {
    json.object { json in
      json.key("name")
      json.string(name)
      json.key("value")
      json.number(value)
      json.key("unit")
      json.string(unit)
      json.key("better")
      json.string(better.rawValue)
      for (key, mark) in [("bar", bar), ("goal", goal)] {
        guard let mark else { continue }
        json.key(key)
        json.number(mark)
      }
      if let passes {
        json.key("passes")
        json.boolean(passes)
      }
      guard let comparison else { return }
      json.key("yardstick")
      json.object { json in
        json.key("name")
        json.string(comparison.yardstick)
        json.key("unit")
        json.string(comparison.unit)
        json.key("value")
        json.number(comparison.value)
        json.key("ours")
        json.number(comparison.ours)
      }
    }
  }
}

/// Columns padded to their widest cell.
enum TextTable {
  /// The rows as lines; columns of `numbers` are pushed to the right.
  static func text(_ rows: [[String]], numbers: Set<Int> = []) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        line += numbers.contains(column) ? padding + cell : cell + padding
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
