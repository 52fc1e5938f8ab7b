import Bytes
import Model
import Querying

/// A file of business processes, read strictly: an unknown key, a missing one, a query that does
/// not parse or is not of the kind that can be counted is an error with its place.
package enum ProcessFile {
  /// Whether a query of that language can be counted; throws what is wrong with it. Handed in so
  /// that the query engines stay the only ones that know their grammar.
  package typealias Check = (BusinessProcess.Signal) throws -> Void

  private static let keys = [
    "name", "title", "unit", "value", "service", "environment", "good", "attempts", "bad",
    "duration",
  ]

  /// The processes of a file, in its order; names are unique.
  package static func parse(
    _ bytes: [UInt8], file: String, check: Check = SignalCheck.check
  ) throws(YAMLFault) -> [BusinessProcess] {
    let root = try YAMLNode.document(bytes, file: file).mapping(["processes"])
    var processes: [BusinessProcess] = []
    for element in try root.required("processes").elements() {
      let process = try self.process(element, check)
      guard !processes.contains(where: { $0.name == process.name }) else {
        throw element.fault("process \(process.name.text) is declared twice")
      }
      processes.append(process)
    }
    return processes
  }

  private static func process(
    _ node: YAMLNode, _ check: Check
  ) throws(YAMLFault) -> BusinessProcess {
    let mapping = try node.mapping(keys)
    let name = try self.name(try mapping.required("name"))
    guard (mapping["good"] == nil) != (mapping["attempts"] == nil) else {
      throw node.fault("a process has either good or attempts")
    }
    let done = if let good = mapping["good"] { good } else { try mapping.required("attempts") }
    return BusinessProcess(
      name: ByteString(name), title: try mapping["title"]?.text() ?? name,
      unit: try mapping.required("unit").text(), worth: try worth(mapping["value"]),
      service: ByteString(try mapping["service"]?.text() ?? "odoo"),
      environment: ByteString(try mapping["environment"]?.text() ?? ""),
      basis: mapping["good"] != nil ? .good : .attempts,
      done: try signals(done, check),
      bad: try signals(try mapping.required("bad"), check),
      timing: try timing(mapping["duration"], check))
  }

  /// A name that can be a label's value and part of a series' name.
  private static func name(_ node: YAMLNode) throws(YAMLFault) -> String {
    let name = try node.text()
    let bytes = Array(name.utf8)
    guard let first = bytes.first, first.isLetter,
      bytes.allSatisfy({ $0.isLetter || $0.isDigit || $0 == 95 })
    else { throw node.fault("a process name is letters, digits and _, a letter first") }
    return name
  }

  private static func worth(
    _ node: YAMLNode?
  ) throws(YAMLFault) -> BusinessProcess.Worth? {
    guard let node else { return nil }
    let mapping = try node.mapping(["amount", "currency"])
    let amount = try mapping.required("amount")
    guard try amount.number() >= 0 else { throw amount.fault("amount must not be negative") }
    return BusinessProcess.Worth(
      amount: try amount.number(), currency: try mapping.required("currency").text())
  }

  private static func signals(
    _ node: YAMLNode, _ check: Check
  ) throws(YAMLFault) -> [BusinessProcess.Signal] {
    let elements = try node.elements()
    guard !elements.isEmpty else { throw node.fault("expected at least one query") }
    var signals: [BusinessProcess.Signal] = []
    for element in elements {
      let mapping = try element.mapping(["logql", "promql"])
      guard let pair = mapping.pairs.first, mapping.pairs.count == 1 else {
        throw element.fault("a signal has either logql or promql")
      }
      let signal = BusinessProcess.Signal(
        pair.key == "logql" ? .logql : .promql, ByteString(try pair.value.text()))
      try run(check, signal, pair.value)
      signals.append(signal)
    }
    return signals
  }

  private static func timing(
    _ node: YAMLNode?, _ check: Check
  ) throws(YAMLFault) -> BusinessProcess.Timing? {
    guard let node else { return nil }
    let mapping = try node.mapping(["logql", "field"])
    let query = try mapping.required("logql")
    let signal = BusinessProcess.Signal(.logql, ByteString(try query.text()))
    try run(check, signal, query)
    return BusinessProcess.Timing(
      query: signal.text, field: ByteString(try name(try mapping.required("field"))))
  }

  private static func run(
    _ check: Check, _ signal: BusinessProcess.Signal, _ node: YAMLNode
  ) throws(YAMLFault) {
    do {
      try check(signal)
    } catch let fault as QueryFault {
      let place = fault.position.map { ", at byte \($0) of the query" } ?? ""
      throw node.fault("\(signal.language.rawValue): \(fault.message)\(place)")
    } catch {
      throw node.fault("\(signal.language.rawValue): \(error)")
    }
  }
}
