import Bytes
import Foundation
import Model
package import Querying

/// What a script expects of one evaluation.
package struct PromQLExpectation {
  package var fails = false
  private var message: String?
  private var isOrdered = false
  private var text: String?
  private var window: (from: Int64, step: Int64)?
  private var notes: [String] = []
  private var series: [PromQLNotation] = []
  private var number: Double?
  private var unreadable: [String] = []
  package let mentionsHistograms: Bool

  package init(_ lines: [String]) {
    mentionsHistograms = lines.contains { $0.contains("{{") || $0.contains("count:") }
    for line in lines {
      if line.hasPrefix("expect ") {
        directive(String(line.dropFirst(7)))
      } else if let value = PromQLNotation.number(line) {
        number = value
      } else if let notation = PromQLNotation(line) {
        series.append(notation)
      } else {
        unreadable.append(line)
      }
    }
  }

  private mutating func directive(_ line: String) {
    if line.hasPrefix("fail") {
      fails = true
      if let mark = line.range(of: "msg:") {
        message = line[mark.upperBound...].trimmingCharacters(in: .whitespaces)
      }
    } else if line == "ordered" {
      isOrdered = true
    } else if line.hasPrefix("string ") {
      let bytes = Array(line.dropFirst(7).trimmingCharacters(in: .whitespaces).utf8)
      var index = 0
      text = try? Quoting.read(
        bytes.span, from: &index, text: QueryText(ByteString(bytes), .promql)
      ).text
    } else if line.hasPrefix("range vector from ") {
      let words = line.split(separator: " ").map(String.init)
      if words.count == 8, let from = PromQLScript.milliseconds(words[3]),
        let step = PromQLScript.milliseconds(words[7])
      {
        window = (from, step)
      }
    } else {
      notes.append(line)
    }
  }

  package func problem(with fault: QueryFault) -> String? {
    if !fails { return "failed: \(fault.message)" }
    if let message, !fault.message.contains(message) { return "failed with: \(fault.message)" }
    return nil
  }

  package func problem(with answer: PromQL.Answer, times: EvaluationTimes) -> String? {
    if fails { return "did not fail" }
    if let line = unreadable.first { return "cannot read \(line)" }
    for note in notes {
      if let problem = problem(with: note, answer) { return problem }
    }
    switch answer.value {
    case .scalar(let point):
      guard let number else { return "is the scalar \(point.value)" }
      return Self.isNear(number, point.value) ? nil : "is \(point.value), not \(number)"
    case .string(let value, _): return value.text == text ? nil : "is the string \(value)"
    case .vector(let elements):
      let found = elements.map { MatrixSeries(labels: $0.labels, points: [$0.point]) }
      return problem(with: found, from: times.start, step: 1)
    case .matrix(let found):
      return problem(
        with: found, from: window?.from ?? times.start, step: window?.step ?? times.step)
    case .streams: return "is streams"
    }
  }

  private func problem(with note: String, _ answer: PromQL.Answer) -> String? {
    let words = note.split(separator: " ", maxSplits: 2).map(String.init)
    switch words[0] {
    case "no_warn": return answer.warnings.isEmpty ? nil : "warns \(answer.warnings)"
    case "no_info": return answer.infos.isEmpty ? nil : "informs \(answer.infos)"
    case "warn", "info":
      let found = words[0] == "warn" ? answer.warnings : answer.infos
      if found.isEmpty { return "has no \(words[0])" }
      if words.count == 3, words[1] == "msg:" {
        let wanted = words[2].trimmingCharacters(in: .whitespaces)
        return found.contains(wanted) ? nil : "has \(words[0]) \(found)"
      }
      return nil
    default: return "cannot expect \(note)"
    }
  }

  private func problem(with found: [MatrixSeries], from: Int64, step: Int64) -> String? {
    guard found.count == series.count else {
      return "has \(found.count) series: \(Self.show(found))"
    }
    for (index, wanted) in series.enumerated() {
      let match = isOrdered ? found[index] : found.first { $0.labels == wanted.labels }
      guard let match, match.labels == wanted.labels else {
        return "lacks \(LabelsText.text(wanted.labels)) at \(index): \(Self.show(found))"
      }
      var points: [Point] = []
      for (offset, value) in wanted.values.enumerated() {
        if let value { points.append(Point(time: from + Int64(offset) * step, value: value)) }
      }
      let isEqual =
        points.count == match.points.count
        && zip(points, match.points).allSatisfy {
          $0.time == $1.time && Self.isNear($0.value, $1.value)
        }
      if !isEqual { return "has \(Self.show([match])), not \(points.map(\.value))" }
    }
    return nil
  }

  private static func show(_ series: [MatrixSeries]) -> String {
    series.map { one in
      LabelsText.text(one.labels) + " "
        + one.points.map { "\($0.value)@\($0.time)" }.joined(separator: " ")
    }.joined(separator: "; ")
  }

  package static func isNear(_ left: Double, _ right: Double) -> Bool {
    if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
    if left == right { return true }
    return abs(left - right) <= 1e-6 * max(abs(left), abs(right))
  }

  package static func selectors(_ expression: PromQL.Expression) -> [PromQL.Selector] {
    switch expression {
    case .selector(let node): [node]
    case .range(let node): [node.selector]
    case .number, .string: []
    case .subquery(let node): selectors(node.inner)
    case .unary(let node): selectors(node.operand)
    case .binary(let node): selectors(node.left) + selectors(node.right)
    case .aggregation(let node):
      selectors(node.operand) + (node.parameter.map(selectors) ?? [])
    case .call(let node): node.arguments.flatMap(selectors)
    case .paren(let node): selectors(node.inner)
    }
  }
}
