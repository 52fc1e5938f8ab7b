import Bytes
import Model
import Yams

/// One node of a YAML document that is read strictly: what is asked for must be there and of that
/// type, and each refusal says where.
package struct YAMLNode: Sendable {
  /// What a node is.
  indirect enum Content: Sendable {
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  let content: Content
  package let file: String
  /// Both from 1.
  package let line: Int
  package let column: Int

  /// Nodes may nest this deep.
  private static let depthLimit = 64

  /// Reads one document. Throws on anything YAML refuses, on more than `Limits.ruleFileBytes`
  /// bytes or `Limits.yamlNodes` nodes, aliases followed, and on a repeated key. An empty document
  /// is null.
  package static func document(_ bytes: [UInt8], file: String) throws(YAMLFault) -> YAMLNode {
    func refuse(_ message: String, _ mark: Mark? = nil) -> YAMLFault {
      YAMLFault(
        file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message)
    }
    guard bytes.count <= Limits.ruleFileBytes else {
      throw refuse("file is longer than \(Limits.ruleFileBytes) bytes")
    }
    guard UTF8Check.isValid(bytes.span) else { throw refuse("file is not UTF-8") }
    // Yams hashes the keys of mappings before anything here can count their nodes.
    guard YAMLAliases.count(in: bytes) <= YAMLAliases.limit else {
      throw refuse("more than \(YAMLAliases.limit) aliases")
    }
    let root: Node?
    do {
      root = try compose(yaml: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw fault(error, file: file)
    }
    guard let root else {
      return YAMLNode(content: .scalar("", isPlain: true), file: file, line: 1, column: 1)
    }
    var budget = Limits.yamlNodes
    return try node(root, file: file, depth: 0, budget: &budget)
  }

  private static func node(
    _ node: Node, file: String, depth: Int, budget: inout Int
  ) throws(YAMLFault) -> YAMLNode {
    let line = node.mark?.line ?? 1
    let column = node.mark?.column ?? 1
    func refuse(_ message: String) -> YAMLFault {
      YAMLFault(file: file, line: line, column: column, message: message)
    }
    budget -= 1
    guard budget >= 0 else { throw refuse("more than \(Limits.yamlNodes) nodes") }
    guard depth < depthLimit else { throw refuse("nested deeper than \(depthLimit)") }
    let content: Content
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, isPlain: scalar.style == .plain)
    case .sequence(let sequence):
      var elements: [YAMLNode] = []
      for element in sequence {
        elements.append(try self.node(element, file: file, depth: depth + 1, budget: &budget))
      }
      content = .sequence(elements)
    case .mapping(let mapping):
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      for pair in mapping {
        let key = try self.node(pair.key, file: file, depth: depth + 1, budget: &budget)
        let value = try self.node(pair.value, file: file, depth: depth + 1, budget: &budget)
        pairs.append((key, value))
      }
      content = .mapping(pairs)
    case .alias: throw refuse("unresolved alias")
    }
    return YAMLNode(content: content, file: file, line: line, column: column)
  }

  private static func fault(_ error: any Error, file: String) -> YAMLFault {
    func at(_ mark: Mark?, _ message: String) -> YAMLFault {
      YAMLFault(
        file: file, line: Swift.max(1, mark?.line ?? 1), column: Swift.max(1, mark?.column ?? 1),
        message: message)
    }
    return switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      at(mark, problem)
    case .duplicatedKeysInMapping(let duplicates, let context):
      at(context.mark, "repeated key \(duplicates.sorted().joined(separator: ", "))")
    case .reader(let problem, _, _, _): at(nil, problem)
    case .memory: at(nil, "out of memory")
    default: at(nil, "not YAML")
    }
  }

  /// A refusal at this node's place.
  package func fault(_ message: String) -> YAMLFault {
    YAMLFault(file: file, line: line, column: column, message: message)
  }
}

/// Counts what may be aliases in a YAML text, so that a few lines cannot stand for billions of
/// nodes.
enum YAMLAliases {
  static let limit = 20

  /// Every `*name` where a node may begin; within block scalars it may count too many.
  static func count(in bytes: [UInt8]) -> Int {
    var count = 0
    var previous = UInt8(ascii: "\n")
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "*"), beginsNode(previous), index + 1 < bytes.count,
        bytes[index + 1].isLetter || bytes[index + 1].isDigit || bytes[index + 1] == 95
      {
        count += 1
      }
      if byte != 32, byte != 9 { previous = byte }
    }
    return count
  }

  private static func beginsNode(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\n"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "["),
      UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: "?"):
      true
    default: false
    }
  }
}
