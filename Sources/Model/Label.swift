public import Bytes

/// A label of a series: a name and a value, both bytes.
public struct Label: Hashable, Sendable, Comparable {
  public let name: ByteString
  public let value: ByteString

  public init(_ name: ByteString, _ value: ByteString) {
    self.name = name
    self.value = value
  }

  public static func < (left: Label, right: Label) -> Bool {
    left.name == right.name ? left.value < right.value : left.name < right.name
  }
}

/// The labels of a series: sorted by name, names unique, no empty value. Equality is by byte.
public struct Labels: Hashable, Sendable, Comparable {
  public private(set) var pairs: [Label]

  public static let empty = Labels([])
  /// The label that holds a metric's name.
  public static let metricName: ByteString = "__name__"

  /// Sorts; of a repeated name the last wins; empty values are left out.
  public init(_ pairs: [Label]) {
    var sorted: [Label] = []
    sorted.reserveCapacity(pairs.count)
    for pair in pairs.enumerated().sorted(by: {
      $0.element.name == $1.element.name
        ? $0.offset < $1.offset : $0.element.name < $1.element.name
    }).map(\.element) {
      if sorted.last?.name == pair.name { sorted.removeLast() }
      sorted.append(pair)
    }
    sorted.removeAll { $0.value.isEmpty }
    self.pairs = sorted
  }

  /// Pairs that are sorted, unique and not empty already.
  public init(sorted pairs: [Label]) {
    self.pairs = pairs
  }

  public var isEmpty: Bool { pairs.isEmpty }
  public var count: Int { pairs.count }

  /// The value of `name`; nil, which queries read as empty, when it is not there.
  public subscript(_ name: ByteString) -> ByteString? {
    for pair in pairs where pair.name == name { return pair.value }
    return nil
  }

  /// Sets, replaces, or with nil or empty removes one label.
  public mutating func set(_ name: ByteString, _ value: ByteString?) {
    let place = pairs.firstIndex { !($0.name < name) } ?? pairs.count
    let exists = place < pairs.count && pairs[place].name == name
    guard let value, !value.isEmpty else {
      if exists { pairs.remove(at: place) }
      return
    }
    if exists {
      pairs[place] = Label(name, value)
    } else {
      pairs.insert(Label(name, value), at: place)
    }
  }

  /// A copy with one label set, replaced, or with nil removed.
  public func setting(_ name: ByteString, _ value: ByteString?) -> Labels {
    var copy = self
    copy.set(name, value)
    return copy
  }

  /// Only these names.
  public func keeping(_ names: [ByteString]) -> Labels {
    Labels(sorted: pairs.filter { names.contains($0.name) })
  }

  /// All but these names.
  public func dropping(_ names: [ByteString]) -> Labels {
    Labels(sorted: pairs.filter { !names.contains($0.name) })
  }

  public static func < (left: Labels, right: Labels) -> Bool {
    let shared = min(left.pairs.count, right.pairs.count)
    for place in 0..<shared {
      let (one, other) = (left.pairs[place], right.pairs[place])
      if one.name != other.name { return one.name < other.name }
      if one.value != other.value { return one.value < other.value }
    }
    return left.pairs.count < right.pairs.count
  }
}
