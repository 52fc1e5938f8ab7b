import Bytes

extension YAMLNode {
  /// Whether nothing is said: an empty plain scalar, `~` or `null`.
  package var isNull: Bool {
    if case .scalar(let text, .plain) = content {
      return ["", "~", "null", "Null", "NULL"].contains(text)
    }
    return false
  }

  /// The text of a scalar that is not null.
  package func text() throws(YAMLFault) -> String {
    guard case .scalar(let text, _) = content, !isNull else {
      throw fault("expected a string, not \(kind)")
    }
    return text
  }

  /// A finite decimal number.
  package func number() throws(YAMLFault) -> Double {
    guard case .scalar(let text, .plain) = content,
      let number = Numbers.decimal(Array(text.utf8).span)
    else { throw fault("expected a number, not \(kind)") }
    return number
  }

  /// A decimal integer.
  package func integer() throws(YAMLFault) -> Int64 {
    guard case .scalar(let text, .plain) = content,
      let integer = Numbers.integer(Array(text.utf8).span)
    else { throw fault("expected an integer, not \(kind)") }
    return integer
  }

  /// `true` or `false`.
  package func flag() throws(YAMLFault) -> Bool {
    switch content {
    case .scalar("true", .plain): return true
    case .scalar("false", .plain): return false
    default: throw fault("expected true or false, not \(kind)")
    }
  }

  /// The elements of a sequence.
  package func elements() throws(YAMLFault) -> [YAMLNode] {
    guard case .sequence(let elements) = content else {
      throw fault("expected a list, not \(kind)")
    }
    return elements
  }

  /// A mapping whose keys are all among `known`.
  package func mapping(_ known: [String]) throws(YAMLFault) -> YAMLMapping {
    var faults: [YAMLFault] = []
    let mapping = try mapping(known, refusing: &faults)
    if let fault = faults.first { throw fault }
    return mapping
  }

  /// A mapping; each key that is not among `known` becomes a fault of its own, with the nearest
  /// known name.
  package func mapping(
    _ known: [String], refusing faults: inout [YAMLFault]
  ) throws(YAMLFault) -> YAMLMapping {
    let mapping = try mapping()
    for pair in mapping.pairs where !known.contains(pair.key) {
      let nearest = Spelling.nearest(to: pair.key, among: known)
      let advice = nearest.map { ", did you mean \"\($0)\"?" } ?? ""
      faults.append(pair.place.fault("unknown key \"\(pair.key.prefix(40))\"\(advice)"))
    }
    return mapping
  }

  /// A mapping with any keys, each once.
  package func mapping() throws(YAMLFault) -> YAMLMapping {
    guard case .mapping(let content) = content else {
      throw fault("expected a mapping, not \(kind)")
    }
    var pairs: [YAMLMapping.Pair] = []
    var seen: Set<ByteString> = []
    for (key, value) in content {
      let name = try key.text()
      guard seen.insert(ByteString(name)).inserted else {
        throw key.fault("repeated key \"\(name)\"")
      }
      pairs.append(YAMLMapping.Pair(key: name, place: key, value: value))
    }
    return YAMLMapping(node: self, pairs: pairs)
  }

  private var kind: String {
    switch content {
    case .scalar(let text, _): isNull ? "nothing" : "\"\(text.prefix(40))\""
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A mapping whose keys are strings, in the order of the file.
package struct YAMLMapping: Sendable {
  /// A key, where it stands, and its value.
  package struct Pair: Sendable {
    package let key: String
    package let place: YAMLNode
    package let value: YAMLNode
  }

  package let node: YAMLNode
  package let pairs: [Pair]

  /// The value of a key; nil when it is missing or null.
  package subscript(_ key: String) -> YAMLNode? {
    pairs.first { $0.key == key && !$0.value.isNull }?.value
  }

  /// The value of a key that must be there.
  package func required(_ key: String) throws(YAMLFault) -> YAMLNode {
    guard let value = self[key] else { throw node.fault("\(key) is missing") }
    return value
  }
}
