import Bytes

/// A plot of a range answer in characters: a line of marks for each series, axes, a legend. Each
/// series has a mark of its own, so that it is told apart without colour too.
package struct AnswerPlot {
  private static let marks: [Character] = ["*", "+", "o", "x", "#", "%", "@", "&", "=", "~"]
  private static let colors: [Style.Color] = [.cyan, .yellow, .green, .magenta, .blue, .red]
  private static let rows = 16
  private static let width = 80

  private let answer: QueryAnswer
  private let style: Style
  /// Milliseconds.
  private let times: ClosedRange<Int64>
  private let scale: PlotScale
  /// Which series are drawn: those with the largest last values.
  private let drawn: [QueryAnswer.Series]
  private let columns: Int
  private let labelWidth: Int

  /// Plots a range answer over `times` (milliseconds), or over those of its points; nil when it
  /// has nothing to draw.
  package init?(_ answer: QueryAnswer, over times: ClosedRange<Int64>? = nil, _ style: Style) {
    let drawable = answer.series.filter { $0.points.contains { $0.value.isFinite } }
    let sizes = drawable.map { $0.points.last { $0.value.isFinite }?.value ?? 0 }
    let order = drawable.indices.sorted {
      sizes[$0] == sizes[$1] ? $0 < $1 : sizes[$0] > sizes[$1]
    }
    let drawn = order.prefix(Self.marks.count).map { drawable[$0] }
    let points = drawn.flatMap(\.points)
    guard let scale = PlotScale(points.map(\.value)), let first = points.map(\.time).min(),
      let last = points.map(\.time).max()
    else { return nil }
    self.answer = answer
    self.style = style
    self.drawn = drawn
    self.scale = scale
    self.times = times ?? first...last
    labelWidth = scale.ticks.map { TextWidth.columns(scale.text($0)) }.max() ?? 0
    columns = max(20, min(400, style.width ?? Self.width) - labelWidth - 3)
  }

  /// The lines of the plot.
  package var text: String {
    var cells = [[Int?]](
      repeating: [Int?](repeating: nil, count: columns), count: Self.rows)
    // Backwards, so that the first series stands before the others.
    for place in drawn.indices.reversed() { draw(place, into: &cells) }
    var labels: [Int: String] = [:]
    for tick in scale.ticks {
      if let row = scale.row(tick, of: Self.rows) { labels[row] = scale.text(tick) }
    }
    var lines = cells.enumerated().reversed().map { row, cells in
      let label = TextWidth.padded(labels[row] ?? "", to: labelWidth, isRight: true)
      return style.paint(label + (labels[row] == nil ? " │" : " ┤"), .gray) + line(cells)
    }
    lines += timeAxis
    lines += legend
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: [Int?]) -> String {
    var line = ""
    let end = (cells.lastIndex { $0 != nil } ?? -1) + 1
    for place in cells.prefix(end) {
      line += place.map { style.paint(String(Self.marks[$0]), Self.color($0)) } ?? " "
    }
    return line
  }

  private static func color(_ place: Int) -> Style.Color { colors[place % colors.count] }

  private func column(_ time: Int64) -> Int? {
    guard times.contains(time) else { return nil }
    let length = Double(times.upperBound) - Double(times.lowerBound)
    guard length > 0 else { return 0 }
    let share = (Double(time) - Double(times.lowerBound)) / length
    return min(columns - 1, Int((share * Double(columns - 1)).rounded()))
  }

  /// Marks the points, and the columns between neighbours no farther apart than the series' points
  /// usually are.
  private func draw(_ place: Int, into cells: inout [[Int?]]) {
    let points = drawn[place].points
    let step = zip(points, points.dropFirst()).map { Double($1.time) - Double($0.time) }.min() ?? 0
    var before: (column: Int, value: Double, time: Int64)?
    for point in points {
      guard let column = column(point.time), point.value.isFinite else {
        before = nil
        continue
      }
      if let before, Double(point.time) - Double(before.time) <= step * 1.5 {
        for between in stride(from: before.column + 1, to: column, by: 1) {
          let share = Double(between - before.column) / Double(column - before.column)
          mark(before.value + (point.value - before.value) * share, between, place, &cells)
        }
      }
      mark(point.value, column, place, &cells)
      before = (column, point.value, point.time)
    }
  }

  private func mark(_ value: Double, _ column: Int, _ place: Int, _ cells: inout [[Int?]]) {
    if let row = scale.row(value, of: Self.rows) { cells[row][column] = place }
  }

  /// The axis with its times below, and from when to when.
  private var timeAxis: [String] {
    let from = times.lowerBound.multiplied(by: Instant.millisecond) ?? 0
    let through = times.upperBound.multiplied(by: Instant.millisecond) ?? 0
    let length = max(0, through.subtractingReportingOverflow(from).partialValue)
    let step = TimeText.step(for: length, count: max(2, columns / 12))
    var axis = [Character](repeating: "─", count: columns)
    var labels = [Character](repeating: " ", count: columns + labelWidth + 2)
    var time = from - from % step
    if time < from { time = time.adding(step) ?? .max }
    var free = 0
    while time <= through {
      if let column = column(time / Instant.millisecond) {
        let text = Array(Self.clock(time, step: step))
        let start = column + labelWidth + 2 - text.count / 2
        if start >= free, start + text.count <= labels.count {
          axis[column] = "┬"
          labels.replaceSubrange(start..<start + text.count, with: text)
          free = start + text.count + 1
        }
      }
      guard let following = time.adding(step) else { break }
      time = following
    }
    let blanks = String(repeating: " ", count: labelWidth + 1)
    let span = "\(Instant.text(from)) to \(Instant.text(through))"
    var below = String(labels)
    while below.last == " " { below.removeLast() }
    return [blanks + "└" + String(axis), below, blanks + " " + span]
      .map { style.paint($0, .gray) }
  }

  /// `15:04`, with seconds where the step asks for it; a midnight is a date.
  private static func clock(_ time: Int64, step: Int64) -> String {
    let text = Instant.text(time)
    let bytes = Array(text.utf8)
    guard bytes.count >= 19 else { return text }
    let day = 86_400 * Instant.second
    let range =
      step < 60 * Instant.second ? 11..<19 : step < day && time % day != 0 ? 11..<16 : 5..<10
    return String(decoding: bytes[range], as: UTF8.self)
  }

  private var legend: [String] {
    let shown = drawn.enumerated().map { place, series in
      let last = series.points.last { $0.value.isFinite }?.text ?? ""
      let tail = "  last \(last)"
      let room = style.width.map { max(12, $0 - 4 - TextWidth.columns(tail)) } ?? Int.max
      let mark = style.paint(String(Self.marks[place]), Self.color(place))
      return "  \(mark) \(TextWidth.cut(series.name, to: room))\(tail)"
    }
    let more = answer.series.count - drawn.count
    return more > 0 ? shown + ["  and \(more) more series: see them with -o table"] : shown
  }
}
