import Bytes
import Model
import Yams

/// One node of a YAML document that is read strictly: what is asked for must be there and of that
/// type, and each refusal says where. Scalars are text until they are asked for as something else,
/// whatever YAML would take them for.
package struct YAMLNode: Sendable {
  /// What a node is.
  enum Content: Sendable {
    case scalar(String, YAMLScalarStyle)
    case sequence([YAMLNode])
    case mapping([(key: YAMLNode, value: YAMLNode)])
  }

  let content: Content
  let source: YAMLSource
  /// Both from 1; columns count characters.
  package let line: Int
  package let column: Int

  package var file: String { source.file }

  /// Nodes may nest this deep.
  private static let depthLimit = 64

  /// Reads one document; an empty one is null. Throws on anything YAML refuses, on anchors, aliases
  /// and tags, on a repeated key, on more than `Limits.ruleFileBytes` bytes or `Limits.yamlNodes`
  /// nodes, and where nodes nest deeper than 64.
  package static func document(_ bytes: [UInt8], file: String) throws(YAMLFault) -> YAMLNode {
    let start = YAMLFault(file: file, line: 1, column: 1, message: "")
    guard bytes.count <= Limits.ruleFileBytes else {
      throw start.saying("file is longer than \(Limits.ruleFileBytes) bytes")
    }
    guard UTF8Check.isValid(bytes.span) else { throw start.saying("file is not UTF-8") }
    // The parser compares keys, so it must never meet a few lines that stand for billions of nodes.
    guard YAMLAliases.count(in: bytes) <= YAMLAliases.limit else {
      throw start.saying("more than \(YAMLAliases.limit) aliases")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = String(
      decoding: bytes.starts(with: mark) ? bytes[3...] : bytes[...], as: UTF8.self)
    let source = YAMLSource(file: file, text: text)
    do {
      // Nodes hold their anchors weakly: only while the parser lives are they to be seen.
      // Without rules it takes every scalar for text.
      let parser = try Parser(yaml: text, resolver: .basic)
      let root = try parser.singleRoot()
      return try withExtendedLifetime(parser) { () throws(YAMLFault) in
        guard let root else {
          return YAMLNode(content: .scalar("", .plain), source: source, line: 1, column: 1)
        }
        var budget = Limits.yamlNodes
        return try node(root, source, depth: 0, budget: &budget)
      }
    } catch let fault as YAMLFault {
      throw fault
    } catch {
      throw refusal(error, file: file)
    }
  }

  private static func node(
    _ node: Node, _ source: YAMLSource, depth: Int, budget: inout Int, isKey: Bool = false
  ) throws(YAMLFault) -> YAMLNode {
    let line = max(1, node.mark?.line ?? 1)
    let column = max(1, node.mark?.column ?? 1)
    let place = YAMLFault(file: source.file, line: line, column: column, message: "")
    budget -= 1
    guard budget >= 0 else { throw place.saying("more than \(Limits.yamlNodes) nodes") }
    guard depth < depthLimit else { throw place.saying("nested deeper than \(depthLimit)") }
    guard node.anchor == nil else { throw place.saying("anchors and aliases are not allowed") }
    let content: Content
    switch node {
    case .scalar(let scalar):
      // The parser itself gives the tag of strings to what is quoted, and to keys, which it
      // compares.
      let maySeemTagged = isKey || scalar.style != .plain
      guard scalar.tag == .implicit || (maySeemTagged && scalar.tag == Tag(.str)) else {
        throw place.saying("tags are not allowed")
      }
      guard !isKey || scalar.string != "<<" || scalar.style != .plain else {
        throw place.saying("merge keys are not allowed")
      }
      content = .scalar(scalar.string, YAMLScalarStyle(scalar.style))
    case .sequence(let sequence):
      guard !isKey else { throw place.saying("expected a string, not a list") }
      guard sequence.tag == .implicit else { throw place.saying("tags are not allowed") }
      var elements: [YAMLNode] = []
      for element in sequence {
        elements.append(try self.node(element, source, depth: depth + 1, budget: &budget))
      }
      content = .sequence(elements)
    case .mapping(let mapping):
      guard !isKey else { throw place.saying("expected a string, not a mapping") }
      guard mapping.tag == .implicit else { throw place.saying("tags are not allowed") }
      var pairs: [(key: YAMLNode, value: YAMLNode)] = []
      for pair in mapping {
        let key = try self.node(
          pair.key, source, depth: depth + 1, budget: &budget, isKey: true)
        let value = try self.node(pair.value, source, depth: depth + 1, budget: &budget)
        pairs.append((key, value))
      }
      content = .mapping(pairs)
    case .alias: throw place.saying("anchors and aliases are not allowed")
    }
    return YAMLNode(content: content, source: source, line: line, column: column)
  }

  private static func refusal(_ error: any Error, file: String) -> YAMLFault {
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

  /// A refusal of the byte at `offset` of this scalar's text.
  package func fault(_ message: String, atByte offset: Int) -> YAMLFault {
    guard case .scalar(let text, let style) = content else { return fault(message) }
    let place = source.place(of: offset, in: text, style, line: line, column: column)
    return YAMLFault(file: file, line: place.line, column: place.column, message: message)
  }
}
