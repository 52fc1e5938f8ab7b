import Bytes
import Model

extension PromQL {
  /// What the functions that read and write labels share.
  enum LabelFunctions {
    /// The labels of what is absent: those that equality matchers, each name once, say it has.
    static func absent(_ argument: Expression) -> Labels {
      let matchers: [Matcher]
      switch argument.unwrapped {
      case .selector(let node): matchers = node.matchers
      case .range(let node): matchers = node.selector.matchers
      default: return .empty
      }
      var labels = Labels.empty
      var seen: Set<ByteString> = []
      for matcher in matchers where matcher.name != Labels.metricName {
        if matcher.operation == .equal, seen.insert(matcher.name).inserted {
          labels.set(matcher.name, matcher.value)
        } else {
          labels.set(matcher.name, nil)
        }
      }
      return labels
    }

    /// Order by the values of some labels, numbers in them by size, then by all labels.
    static func precedes(
      _ left: Labels, _ right: Labels, by keys: [ByteString], descends: Bool
    ) -> Bool {
      let (first, second) = descends ? (right, left) : (left, right)
      for key in keys {
        let (one, other) = (first[key] ?? .empty, second[key] ?? .empty)
        if one != other { return naturally(one.bytes[...], other.bytes[...]) }
      }
      return first < second
    }

    /// Whether one text comes before another when runs of digits count as numbers.
    private static func naturally(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
      var (left, right) = (left, right)
      while let one = left.first, let other = right.first {
        let first = left.prefix { $0.isDigit == one.isDigit }
        let second = right.prefix { $0.isDigit == other.isDigit }
        left = left.dropFirst(first.count)
        right = right.dropFirst(second.count)
        if first.elementsEqual(second) { continue }
        guard one.isDigit, other.isDigit else { return first.lexicographicallyPrecedes(second) }
        let (a, b) = (first.drop { $0 == 48 }, second.drop { $0 == 48 })
        if a.count != b.count { return a.count < b.count }
        if !a.elementsEqual(b) { return a.lexicographicallyPrecedes(b) }
        return first.count > second.count
      }
      return left.isEmpty && !right.isEmpty
    }
  }
}

extension PromQL.Evaluation {
  func replaceLabel(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    var grid = try vector(call.arguments[0], at: instants)
    let target = try string(call.arguments[1], at: instants)
    let template = try string(call.arguments[2], at: instants)
    let label = try string(call.arguments[3], at: instants)
    let pattern = try string(call.arguments[4], at: instants)
    guard !target.isEmpty, Quoting.isUTF8(target) else {
      throw QueryFault(
        .execution, "invalid destination label name in label_replace(): \(target.text)")
    }
    try Regex.checkLength(pattern, budget.limits.regexBytes)
    let regex: Regex
    do {
      regex = try Regex.matcher(pattern)
    } catch {
      throw QueryFault(
        .execution, "invalid regular expression in label_replace(): \(pattern.text)")
    }
    let names = regex.groupNames
    for index in grid.series.indices {
      try budget.charge(1)
      let text = grid.series[index].labels[label] ?? .empty
      guard let groups = regex.find(text.bytes.span) else { continue }
      let value = GroupText.expand(template, groups, names, in: text)
      grid.series[index].labels.set(target, value)
      if target == Labels.metricName { grid.series[index].dropsName = false }
    }
    return try grid.merged()
  }

  func joinLabels(
    _ call: PromQL.Call, at instants: PromQL.Instants
  ) throws(QueryFault) -> Grid {
    var grid = try vector(call.arguments[0], at: instants)
    let target = try string(call.arguments[1], at: instants)
    let separator = try string(call.arguments[2], at: instants)
    let labels = try call.arguments.dropFirst(3).map { (argument) throws(QueryFault) in
      try string(argument, at: instants)
    }
    for name in labels where name.isEmpty || !Quoting.isUTF8(name) {
      throw QueryFault(.execution, "invalid source label name in label_join(): \(name.text)")
    }
    guard !target.isEmpty, Quoting.isUTF8(target) else {
      throw QueryFault(
        .execution, "invalid destination label name in label_join(): \(target.text)")
    }
    for index in grid.series.indices {
      try budget.charge(labels.count)
      let values = labels.map { grid.series[index].labels[$0]?.bytes ?? [] }
      let joined = ByteString(Array(values.joined(separator: separator.bytes)))
      guard joined.count <= Limits.bodyBytes / 1_024 else {
        throw QueryFault(.execution, "label_join() makes a label value that is too long")
      }
      grid.series[index].labels.set(target, joined)
      if target == Labels.metricName { grid.series[index].dropsName = false }
    }
    return try grid.merged()
  }
}
