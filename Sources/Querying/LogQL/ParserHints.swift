import Bytes
import Templating

/// What the aggregation over a pipeline lets its parsers leave out, as Loki's parser hints have it.
/// An aggregation that no label survives needs none, unless a stage reads one; and a query that
/// names `__error__` where its groups are known asked for the lines that could not be parsed.
struct ParserHints {
  /// Whether parsers do nothing: then no line can fail them either.
  let skipsParsers: Bool
  /// Whether lines with an error count, where they would end the query.
  let keepsErrors: Bool

  /// `grouping` is that of the range, or of the sum that is taken over it.
  init(_ range: LogRange, grouping: Grouping?) {
    var required: Set<ByteString> = []
    var readsAll = false
    func see(_ template: ByteString) {
      guard let template = try? LineTemplate(template) else { return }
      required.formUnion(template.names.names)
      if template.names.readsAll { readsAll = true }
    }
    for stage in range.selection.stages {
      switch stage {
      case .filter(let filter): required.formUnion(filter.names)
      case .lineFormat(let template): see(template)
      case .labelFormat(let formats):
        for format in formats {
          switch format.source {
          case .rename(let source): required.insert(source)
          case .template(let template): see(template)
          }
        }
      case .line, .json, .logfmt, .regexp, .pattern, .unpack, .decolorize, .drop, .keep: break
      }
    }
    if let unwrap = range.unwrap {
      required.insert(unwrap.label)
      for filter in unwrap.filters { required.formUnion(filter.names) }
    }
    let groups = grouping?.isWithout == false ? grouping?.labels : nil
    let isBare = range.function == .absent || groups?.isEmpty == true
    skipsParsers = isBare && required.isEmpty && !readsAll
    required.formUnion(groups ?? [])
    keepsErrors = (isBare || groups != nil) && required.contains(LogLabels.error)
  }
}

extension LabelFilter {
  /// The labels it looks at.
  var names: [ByteString] {
    switch self {
    case .text(let matcher): [matcher.name]
    case .number(let name, _, _), .duration(let name, _, _), .size(let name, _, _),
      .address(let name, _, _):
      [name]
    case .all(let parts), .any(let parts): parts.flatMap(\.names)
    }
  }
}

extension LogStage {
  /// Whether it makes labels of lines.
  var isParser: Bool {
    switch self {
    case .json, .logfmt, .regexp, .pattern, .unpack: true
    case .line, .decolorize, .filter, .lineFormat, .labelFormat, .drop, .keep: false
    }
  }
}

extension LogAggregation {
  /// The range of which series it needs only groups, so that its groups are hints for parsers: a
  /// sum of what adds up.
  var summedRange: LogRange? {
    guard function == .sum, case .range(let range) = operand, range.grouping == nil else {
      return nil
    }
    switch range.function {
    case .count, .rate, .bytes, .bytesRate, .sum: return range
    default: return nil
    }
  }
}
