import Bytes
import Model

/// A selection made ready to run over batches: regular expressions compiled, templates read.
struct LogPlan: Sendable {
  /// A stage, compiled.
  enum Stage: Sendable {
    case line(LineTest)
    case json([(label: ByteString, steps: MemberSteps)])
    case logfmt(LogfmtLabels)
    case regexp(LineExpression)
    case pattern(LinePattern)
    case unpack
    case decolorize
    case filter(LabelTest)
    case lineFormat(LineTemplate)
    case labelFormat([(label: ByteString, source: LabelSource)])
    case drop([LabelChoice])
    case keep([LabelChoice])
  }

  /// Where `label_format` takes a value from.
  enum LabelSource: Sendable {
    case rename(ByteString)
    case template(LineTemplate)
  }

  let matchers: [Matcher]
  private let stages: [Stage]
  /// The fields that join the labels.
  let joined: [ByteString]

  /// Throws on what does not compile.
  init(_ selection: LogSelection, joining joined: [ByteString]) throws(QueryFault) {
    matchers = selection.matchers
    self.joined = joined
    var stages: [Stage] = []
    for stage in selection.stages { stages.append(try Self.stage(stage)) }
    self.stages = stages
  }

  private static func stage(_ stage: LogStage) throws(QueryFault) -> Stage {
    switch stage {
    case .line(let filter): return .line(try LineTest(filter))
    case .json(let extractions):
      var wanted: [(label: ByteString, steps: MemberSteps)] = []
      for extraction in extractions {
        guard let steps = MemberSteps(extraction.expression) else {
          throw QueryFault(.badData, "cannot parse expression [\(extraction.expression)]")
        }
        wanted.append((extraction.label, steps))
      }
      return .json(wanted)
    case .logfmt(let isStrict, _, let extractions):
      return .logfmt(LogfmtLabels(isStrict: isStrict, wanted: extractions))
    case .regexp(let text): return .regexp(try LineExpression(text))
    case .pattern(let text): return .pattern(try LinePattern(parser: text))
    case .unpack: return .unpack
    case .decolorize: return .decolorize
    case .filter(let filter): return .filter(try LabelTest(filter))
    case .lineFormat(let text): return .lineFormat(try LineTemplate(text))
    case .labelFormat(let formats):
      var sources: [(label: ByteString, source: LabelSource)] = []
      for format in formats {
        switch format.source {
        case .rename(let source): sources.append((format.label, .rename(source)))
        case .template(let text):
          sources.append((format.label, .template(try LineTemplate(text, label: format.label))))
        }
      }
      return .labelFormat(sources)
    case .drop(let choices): return .drop(choices)
    case .keep(let choices): return .keep(choices)
    }
  }

  /// Whether there are no stages, so that every row of the streams passes.
  var takesAll: Bool { stages.isEmpty }

  /// Runs the row through the stages and says whether it passes them all.
  func passes(_ row: inout LogRow, in batch: Batch) -> Bool {
    for stage in stages {
      switch stage {
      case .line(let test):
        guard row.withLine(batch, test.passes) else { return false }
      case .filter(let test):
        guard test.passes(&row, in: batch) else { return false }
      case .lineFormat(let template):
        var work = 0
        let outcome = template.filled(row, in: batch, work: &work)
        if let line = row.take(outcome, work) { row.line = line }
      case .labelFormat(let formats): Self.format(formats, &row, batch)
      case .drop(let choices): Self.drop(choices, &row, batch)
      case .keep(let choices): keep(choices, &row, batch)
      case .decolorize: row.line = row.withLine(batch, ColorCodes.removed)
      case .json, .logfmt, .regexp, .pattern, .unpack:
        // The line is held apart while the row changes.
        if let own = row.line {
          Self.extract(stage, own.span, &row)
        } else {
          Self.extract(stage, batch.bytes(row.record.message), &row)
        }
      }
    }
    return true
  }

  private static func extract(_ stage: Stage, _ line: Span<UInt8>, _ row: inout LogRow) {
    switch stage {
    case .json(let wanted):
      if wanted.isEmpty {
        JSONLabels.flatten(line, into: &row)
      } else {
        JSONLabels.pick(wanted, from: line, into: &row)
      }
    case .unpack: JSONLabels.unpack(line, into: &row)
    case .logfmt(let labels): labels.extract(from: line, into: &row)
    case .regexp(let expression):
      guard let groups = expression.regex.find(line) else { return }
      for (name, group) in zip(expression.names, groups.dropFirst()) where !name.isEmpty {
        if let group { row.extract(name, ByteString(line.extracting(group))) }
      }
    case .pattern(let pattern):
      var found: [(ByteString, Range<Int>)] = []
      pattern.captures(line) { found.append(($0, $1)) }
      for (name, range) in found { row.extract(name, ByteString(line.extracting(range))) }
    default: break
    }
  }

  private static func format(
    _ formats: [(label: ByteString, source: LabelSource)], _ row: inout LogRow, _ batch: Batch
  ) {
    // All templates of a stage see the row as the first of them did.
    var before: LogRow?
    for (label, source) in formats {
      switch source {
      case .template(let template):
        if before == nil, formats.count > 1 { before = row }
        var work = 0
        let outcome =
          before.map { template.filled($0, in: batch, work: &work) }
          ?? template.filled(row, in: batch, work: &work)
        if let text = row.take(outcome, work) { row.set(label, ByteString(text)) }
      case .rename(let name): row.rename(name, to: label, in: batch)
      }
    }
  }

  private static func drop(_ choices: [LabelChoice], _ row: inout LogRow, _ batch: Batch) {
    for choice in choices {
      switch choice {
      case .name(let name): row.set(name, nil)
      case .matcher(let matcher):
        if row.accepts(matcher, in: batch) { row.set(matcher.name, nil) }
      }
    }
    // The details mean nothing without the error they are of.
    if row.error == nil { row.errorDetails = nil }
  }

  /// Labels that begin with two underscores stay.
  private func keep(_ choices: [LabelChoice], _ row: inout LogRow, _ batch: Batch) {
    var kept: [ByteString: ByteString] = [:]
    var fields: [ByteString] = []
    for choice in choices {
      let name: ByteString
      switch choice {
      case .name(let chosen): name = chosen
      case .matcher(let matcher):
        guard row.accepts(matcher, in: batch) else { continue }
        name = matcher.name
      }
      switch row.value(name, in: batch) {
      case .missing: break
      case .own(let text): if !text.isEmpty { kept[name] = text }
      case .field:
        if row.changes[name] == nil {
          fields.append(name)
        } else {
          kept[name] = row.text(name, in: batch)
        }
      }
    }
    let names = row.stream.pairs.map(\.name) + row.changes.keys
    for name in names where kept[name] == nil { row.set(name, nil) }
    for (name, value) in kept where row.stream[name] != value && row.changes[name] == nil {
      row.set(name, value)
    }
    row.keptFields = fields
  }
}
