import Bytes
import Model

extension RecordNeeds {
  /// What a selection looks at: `labels` are those that the whole query names. With
  /// `showsLines` messages are in the answer, with `showsFields` all fields.
  init(
    _ selection: LogSelection, _ labels: LabelMention, showsLines: Bool, showsFields: Bool = false
  ) {
    self.init()
    var isLineItself = true
    var readsLine = showsLines
    var readsAnyField = showsFields
    for stage in selection.stages {
      switch stage {
      case .line(let filter):
        readsLine = true
        if isLineItself { texts += filter.required }
      case .json, .logfmt, .regexp, .pattern: readsLine = true
      case .unpack, .decolorize:
        readsLine = true
        isLineItself = false
      case .lineFormat:
        // A template may read any label, by names that it makes up.
        (readsLine, readsAnyField, isLineItself) = (true, true, false)
      case .labelFormat: (readsLine, readsAnyField) = (true, true)
      case .filter, .drop, .keep: break
      }
    }
    message = readsLine
    guard !readsAnyField else { return }
    let named = labels.looked
    fields = { name in
      named.contains { label in
        LogLabels.spells(name.bytes.span, label)
          || LogLabels.unextracted(label).map { LogLabels.spells(name.bytes.span, $0) } ?? false
          || label == LogLabels.exportedTenant && name == LogLabels.tenant
      }
    }
  }
}

extension LineFilter {
  /// Texts that every line that passes holds as they stand.
  fileprivate var required: [ByteString] {
    guard !operation.isNegated, alternatives.count == 1, case .text(let text) = alternatives[0]
    else { return [] }
    switch operation {
    case .contains: return text.isEmpty ? [] : [text]
    case .matches: return (try? Regex.filter(text))?.requiredLiteral.map { [$0] } ?? []
    default: return []
    }
  }
}
