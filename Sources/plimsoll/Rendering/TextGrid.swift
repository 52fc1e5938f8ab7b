/// Rows in aligned columns below a line of headings.
package struct TextGrid {
  /// A column: its heading, and whether its cells stand at the right, as numbers do.
  package struct Column: Sendable {
    let title: String
    let isNumeric: Bool

    package init(_ title: String, isNumeric: Bool = false) {
      self.title = title
      self.isNumeric = isNumeric
    }
  }

  /// Narrower than this no column is cut.
  private static let narrowest = 8
  private static let gap = 2

  private let columns: [Column]
  private var rows: [[String]] = []

  package init(_ columns: [Column]) {
    self.columns = columns.map { Column(VisibleText.line($0.title), isNumeric: $0.isNumeric) }
  }

  /// Adds a row, a cell for each column; what is stored in it cannot steer the terminal.
  package mutating func append(_ cells: [String]) {
    rows.append(cells.map(VisibleText.line))
  }

  /// The lines, headings first, none with blanks at its end. Where there is a width, the widest
  /// columns of text are cut until the lines fit.
  package func text(_ style: Style) -> String {
    var widths = columns.map { TextWidth.columns($0.title) }
    for row in rows {
      for (place, cell) in row.enumerated() where place < widths.count {
        widths[place] = max(widths[place], TextWidth.columns(cell))
      }
    }
    if let width = style.width { shrink(&widths, to: width) }
    let head = line(columns.map(\.title), widths)
    return ([style.paint(head, .bold)] + rows.map { line($0, widths) }).joined(separator: "\n")
  }

  private func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + Self.gap * max(0, widths.count - 1) - width
    while excess > 0 {
      let texts = columns.indices.filter { !columns[$0].isNumeric && widths[$0] > Self.narrowest }
      guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { return }
      // Down to the next narrower one, so that columns shrink together.
      let next = texts.map { widths[$0] }.filter { $0 < widths[widest] }.max() ?? Self.narrowest
      let cut = min(excess, max(1, widths[widest] - next))
      widths[widest] -= cut
      excess -= cut
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (place, column) in columns.enumerated() {
      let cell = TextWidth.cut(place < cells.count ? cells[place] : "", to: widths[place])
      if place > 0 { line += String(repeating: " ", count: Self.gap) }
      line += TextWidth.padded(cell, to: widths[place], isRight: column.isNumeric)
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
