import Bytes
import Model
import Templating

/// The labels that a query names. Typed fields join a series only when the query names them, and
/// an inferred release shows only where it names `release`.
struct LabelMention: Sendable {
  /// The fields that join, each name once, in the order they are met.
  private(set) var joined: [ByteString] = []
  private(set) var namesRelease = false
  /// All of them, each once.
  private(set) var named: Set<ByteString> = []
  /// Those that may be fields: a stream selector looks at none.
  private(set) var looked: Set<ByteString> = []

  init(_ expression: LogExpression) {
    visit(expression)
  }

  init(_ matchers: [Matcher]) {
    select(matchers)
  }

  private mutating func select(_ matchers: [Matcher]) {
    for matcher in matchers {
      named.insert(matcher.name)
      if matcher.name == LogLabels.release { namesRelease = true }
    }
  }

  private mutating func see(_ name: ByteString) {
    named.insert(name)
    looked.insert(name)
    if name == LogLabels.release { namesRelease = true }
  }

  private mutating func join(_ name: ByteString) {
    see(name)
    if !joined.contains(name) { joined.append(name) }
  }

  private mutating func visit(_ expression: LogExpression) {
    switch expression {
    case .number, .vector: break
    case .lines(let selection): visit(selection)
    case .range(let range):
      visit(range.selection)
      if let unwrap = range.unwrap {
        see(unwrap.label)
        for filter in unwrap.filters { visit(filter) }
      }
      if let grouping = range.grouping { visit(grouping) }
    case .aggregation(let aggregation):
      visit(aggregation.operand)
      visit(aggregation.grouping)
    case .binary(let binary):
      visit(binary.left)
      visit(binary.right)
      for name in binary.matching?.labels ?? [] {
        if binary.matching?.isOn == true { join(name) } else { see(name) }
      }
      for name in binary.matching?.included ?? [] { join(name) }
    case .sorted(let operand, _): visit(operand)
    case .replaced(let replacement):
      visit(replacement.operand)
      join(replacement.source)
    }
  }

  private mutating func visit(_ grouping: Grouping) {
    for name in grouping.labels {
      if grouping.isWithout { see(name) } else { join(name) }
    }
  }

  private mutating func visit(_ selection: LogSelection) {
    select(selection.matchers)
    for stage in selection.stages {
      switch stage {
      case .line, .json, .logfmt, .regexp, .pattern, .unpack, .decolorize: break
      case .filter(let filter): visit(filter)
      case .lineFormat(let template): see(template: template)
      case .labelFormat(let formats):
        for format in formats {
          switch format.source {
          case .rename(let source): see(source)
          case .template(let template): see(template: template)
          }
        }
      case .drop(let choices):
        for choice in choices { see(Self.name(choice)) }
      case .keep(let choices):
        for choice in choices { join(Self.name(choice)) }
      }
    }
  }

  private mutating func see(template: ByteString) {
    guard let template = try? LineTemplate(template) else { return }
    for name in template.names.names { see(name) }
    // What may read any label may read the release.
    if template.names.readsAll { namesRelease = true }
  }

  private static func name(_ choice: LabelChoice) -> ByteString {
    switch choice {
    case .name(let name): name
    case .matcher(let matcher): matcher.name
    }
  }

  private mutating func visit(_ filter: LabelFilter) {
    for name in filter.names { join(name) }
  }
}
