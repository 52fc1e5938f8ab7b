import Bytes
import Templating

/// JSON as values of templates: numbers are floats, members stand in the order of their names, of
/// members of one name the last counts (Go `encoding/json`).
enum TemplateJSON {
  /// A container while it is filled.
  private struct Container {
    let isObject: Bool
    var elements: [TemplateValue] = []
    var names: [ByteString] = []

    var value: TemplateValue {
      guard isObject else { return .list(elements) }
      var places: [ByteString: Int] = [:]
      for (place, name) in names.enumerated() { places[name] = place }
      return .map(
        places.sorted { $0.key < $1.key }.map { TemplateMember($0.key, elements[$0.value]) })
    }
  }

  /// The document as a value; an empty text when it is no JSON.
  static func value(_ text: ByteString) -> TemplateValue {
    do throws(JSONFault) {
      return try parse(text.bytes.span)
    } catch {
      return .text(.empty)
    }
  }

  private static func parse(_ bytes: Span<UInt8>) throws(JSONFault) -> TemplateValue {
    var scanner = JSONScanner(bytes)
    // The outermost container holds the document. The scanner limits how deep the others lie.
    var open = [Container(isObject: false)]
    while true {
      var value: TemplateValue
      switch try scanner.next() {
      case .objectStart:
        open.append(Container(isObject: true))
        continue
      case .arrayStart:
        open.append(Container(isObject: false))
        continue
      case .key(let range, let isEscaped):
        open[open.count - 1].names.append(JSONLabels.text(bytes, range, isEscaped))
        continue
      case .objectEnd, .arrayEnd: value = open.removeLast().value
      case .string(let range, let isEscaped):
        value = .text(JSONLabels.text(bytes, range, isEscaped))
      case .number(let range):
        guard let number = Numbers.decimal(bytes.extracting(range)) else {
          return .text(.empty)
        }
        value = .number(number)
      case .boolean(let flag): value = .flag(flag)
      case .null: value = .none
      case .end: return open[0].elements.first ?? .none
      }
      open[open.count - 1].elements.append(value)
    }
  }
}
