import Bytes
import Model

/// The names of labels that LogQL or the house give a meaning to.
enum LogLabels {
  static let tenant: ByteString = "tenant"
  static let service: ByteString = "service"
  static let environment: ByteString = "environment"
  static let host: ByteString = "host"
  static let level: ByteString = "level"
  static let logger: ByteString = "logger"
  static let release: ByteString = "release"
  /// Loki's name of the level; here it is the level, `unknown` when the record states none.
  static let detectedLevel: ByteString = "detected_level"
  /// A field `tenant` in a read of the fleet, where `tenant` says whose the record is.
  static let exportedTenant: ByteString = "exported_tenant"
  static let error: ByteString = "__error__"
  static let errorDetails: ByteString = "__error_details__"

  /// Why a stage could not do its work on a line; the value of `__error__`.
  enum ErrorKind: String {
    case json = "JSONParserErr"
    case logfmt = "LogfmtParserErr"
    case filter = "LabelFilterErr"
    case sample = "SampleExtractionErr"
    case template = "TemplateFormatErr"
  }

  private static let extractedEnd = Array("_extracted".utf8)

  /// What a label is called that a label of the stream has taken the name of.
  static func extracted(_ name: ByteString) -> ByteString {
    ByteString(name.bytes + extractedEnd)
  }

  /// The name that `extracted` made this of; nil when it has not the form.
  static func unextracted(_ name: ByteString) -> ByteString? {
    guard name.count > extractedEnd.count,
      name.bytes.suffix(extractedEnd.count) == extractedEnd[...]
    else { return nil }
    return ByteString(Array(name.bytes.dropLast(extractedEnd.count)))
  }

  /// Whether a field's name is read as `name`: bytes that no label name may have are read as `_`.
  static func spells(_ field: Span<UInt8>, _ name: ByteString) -> Bool {
    let bytes = name.bytes
    guard field.count == bytes.count else { return false }
    for index in 0..<field.count where field[index] != bytes[index] {
      let byte = field[index]
      guard bytes[index] == 95, !byte.isLetter, !byte.isDigit else { return false }
    }
    return true
  }

  /// A name made of label bytes only: others become `_`, and a digit in front gets one.
  static func sanitized(_ name: ByteString) -> ByteString {
    guard !LabelsText.isLabelName(name) else { return name }
    var out: [UInt8] = []
    out.reserveCapacity(name.count + 1)
    if let first = name.bytes.first, first.isDigit { out.append(95) }
    for byte in name.bytes {
      out.append(byte.isLetter || byte.isDigit || byte == 95 ? byte : 95)
    }
    return ByteString(out)
  }
}
