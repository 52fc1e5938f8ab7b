package import Bytes
package import Model
package import Templating

/// What an alert's template is filled in with: `.Labels`, `.Value`, `.ExternalLabels` and
/// `.ExternalURL`, also as `$labels`, `$value`, `$externalLabels` and `$externalURL`.
package struct TemplateValues: Sendable {
  package var labels: Labels
  package var value: Double
  package var externalLabels: Labels
  package var externalURL: String

  package init(
    labels: Labels, value: Double, externalLabels: Labels = .empty, externalURL: String = ""
  ) {
    self.labels = labels
    self.value = value
    self.externalLabels = externalLabels
    self.externalURL = externalURL
  }
}

extension TemplateValues: TemplateHost {
  private static let labelsRecord = 1
  private static let externalRecord = 2

  package func member(_ name: ByteString, of record: Int) -> TemplateValue? {
    switch record {
    case Self.labelsRecord: return .text(labels[name] ?? .empty)
    case Self.externalRecord: return .text(externalLabels[name] ?? .empty)
    default: break
    }
    switch name.text {
    case "Labels", "labels": return .record(Self.labelsRecord)
    case "ExternalLabels": return .record(Self.externalRecord)
    case "Value": return .number(value)
    case "ExternalURL": return .string(externalURL)
    default: return nil
    }
  }

  package func members(of record: Int) -> [TemplateMember] {
    switch record {
    case Self.labelsRecord: labels.pairs.map { TemplateMember($0.name, .text($0.value)) }
    case Self.externalRecord:
      externalLabels.pairs.map { TemplateMember($0.name, .text($0.value)) }
    default:
      ["ExternalLabels", "ExternalURL", "Labels", "Value"].map { (name: ByteString) in
        TemplateMember(name, member(name, of: record) ?? .none)
      }
    }
  }
}

/// A template of a rule's label or annotation: Go's text/template with Prometheus' functions.
package struct Template: Sendable {
  package let text: String
  private let compiled: TextTemplate<TemplateValues>

  /// Throws on what is no template, on a name it does not know, and on a call with a wrong number
  /// of arguments, each with its position.
  package init(_ text: String) throws(TemplateFault) {
    self.text = text
    compiled = try TextTemplate(ByteString(text), AlertFunctions.table)
  }

  /// The text filled in, cut after `Limits.templateOutputBytes` bytes. Throws when a function
  /// cannot do its work.
  package func fill(_ values: TemplateValues) throws(TemplateFault) -> ByteString {
    var output: [UInt8] = []
    var work = 0
    do throws(TemplateFault) {
      try compiled.fill(
        values, limit: Limits.templateOutputBytes, into: &output, work: &work)
    } catch {
      // An alert with a part of its text is worth more than one without.
      guard error.isTooLong, output.count >= Limits.templateOutputBytes else { throw error }
    }
    return ByteString(output.prefix(Limits.templateOutputBytes))
  }

  /// The text filled in, or what went wrong in its place, as Prometheus does it.
  package func filled(_ values: TemplateValues) -> ByteString {
    do {
      return try fill(values)
    } catch {
      return ByteString("<error expanding template: \(error.message)>")
    }
  }
}
