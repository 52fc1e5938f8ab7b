import Bytes
import Model

/// Bytes that a function puts together, at most `Limits.templateValueBytes` of them.
package struct BoundedText {
  package private(set) var bytes: [UInt8] = []

  static let tooLong = TemplateFault(
    "the text grows beyond \(Limits.templateValueBytes) bytes", isTooLong: true)

  package init() {}

  /// The bytes as a value.
  package var value: TemplateValue { .text(ByteString(bytes)) }

  /// Throws when they would be too many.
  package mutating func append(_ more: some Collection<UInt8>) throws(TemplateFault) {
    guard more.count <= Limits.templateValueBytes - bytes.count else { throw Self.tooLong }
    bytes.append(contentsOf: more)
  }

  /// Appends a byte so often; throws when they would be too many.
  package mutating func append(_ byte: UInt8, times: Int = 1) throws(TemplateFault) {
    guard times <= Limits.templateValueBytes - bytes.count else { throw Self.tooLong }
    if times > 0 { bytes.append(contentsOf: repeatElement(byte, count: times)) }
  }
}
