import Bytes

extension Array {
  /// In order of the labels of each; of equal ones the first stays first. For many series it is
  /// quicker than to compare labels two by two.
  public func ordered(by labels: (Element) -> Labels) -> [Element] {
    var keys = TupleKeys(count: count)
    for element in self {
      for pair in labels(element).pairs {
        keys.add(pair.name)
        keys.add(pair.value)
      }
      keys.endTuple()
    }
    if keys.hasZero { return sorted { labels($0) < labels($1) } }
    return keys.order.map { order in order.map { self[$0] } } ?? self
  }
}
