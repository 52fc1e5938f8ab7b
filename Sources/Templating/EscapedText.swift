package import Bytes

/// Texts made fit for URLs, HTML and JavaScript.
package enum EscapedText {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// As a URL's query holds it (Go `url.QueryEscape`): a blank is `+`.
  package static func query(_ text: ByteString) -> [UInt8] {
    var output: [UInt8] = []
    for byte in text.bytes {
      if byte.isLetter || byte.isDigit || byte == 45 || byte == 95 || byte == 46 || byte == 126 {
        output.append(byte)
      } else if byte == 32 {
        output.append(43)
      } else {
        output += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return output
  }

  /// What `query` was made of; nil when a `%` is not followed by two hexadecimal digits.
  package static func unescaped(query text: ByteString) -> [UInt8]? {
    var output: [UInt8] = []
    var cursor = Cursor(text.bytes.span)
    while let byte = cursor.next() {
      if byte == 43 {
        output.append(32)
      } else if byte == 37 {
        guard let high = cursor.next()?.hexValue, let low = cursor.next()?.hexValue else {
          return nil
        }
        output.append(high << 4 | low)
      } else {
        output.append(byte)
      }
    }
    return output
  }

  /// As HTML holds it (Go `template.HTMLEscape`).
  static func html(_ text: ByteString) throws(TemplateFault) -> TemplateValue {
    var output = BoundedText()
    for byte in text.bytes {
      switch byte {
      case 34: try output.append("&#34;".utf8)
      case 39: try output.append("&#39;".utf8)
      case 38: try output.append("&amp;".utf8)
      case 60: try output.append("&lt;".utf8)
      case 62: try output.append("&gt;".utf8)
      case 0: try output.append("\u{FFFD}".utf8)
      default: try output.append(byte)
      }
    }
    return output.value
  }

  /// As a string of JavaScript holds it (Go `template.JSEscape`).
  static func script(_ text: ByteString) throws(TemplateFault) -> TemplateValue {
    var output = BoundedText()
    for byte in text.bytes {
      switch byte {
      case 92: try output.append("\\\\".utf8)
      case 34: try output.append("\\\"".utf8)
      case 39: try output.append("\\'".utf8)
      case 38, 60, 61, 62, 0..<32:
        try output.append("\\u00".utf8)
        try output.append([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      default: try output.append(byte)
      }
    }
    return output.value
  }
}
