/// Why a file of ours was refused, and where; prints as `file:line:column: message`.
package struct YAMLFault: Error, Sendable, Equatable, CustomStringConvertible {
  package let file: String
  /// Both from 1.
  package let line: Int
  package let column: Int
  package let message: String

  package init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// The same place with these words.
  func saying(_ message: String) -> YAMLFault {
    YAMLFault(file: file, line: line, column: column, message: message)
  }

  package var description: String { "\(file):\(line):\(column): \(message)" }
}
