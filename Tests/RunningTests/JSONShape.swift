import Bytes

/// What a JSON document must look like: itself a JSON document, in which `"$string"`, `"$number"`,
/// `"$integer"`, `"$boolean"`, `"$time"` (RFC 3339) and `"$any"` stand for any value of that kind,
/// `["$each", S]` and `{"$each": S}` for any number of values like S. All else stands for itself,
/// and an object has exactly the members of its shape.
struct JSONShape {
  let shape: JSONValue

  /// Where and how `value` differs; nil when it does not.
  func difference(_ value: JSONValue, at path: String = "$") -> String? {
    Self.difference(shape, value, path)
  }

  private static func difference(_ shape: JSONValue, _ value: JSONValue, _ path: String) -> String?
  {
    switch (shape, value) {
    case (.string(let word), _) where word.text.hasPrefix("$"):
      return isKind(word.text, value) ? nil : "\(path) is no \(word.text): \(value)"
    case (.array(let shapes), .array(let values)):
      if shapes.first == .string("$each"), shapes.count == 2 {
        return values.enumerated().lazy
          .compactMap { difference(shapes[1], $1, "\(path)[\($0)]") }.first
      }
      guard shapes.count == values.count else {
        return "\(path) has \(values.count) elements instead of \(shapes.count)"
      }
      return zip(shapes, values).enumerated().lazy
        .compactMap { difference($1.0, $1.1, "\(path)[\($0)]") }.first
    case (.object(let shapes), .object(let values)):
      if shapes.count == 1, shapes[0].key == "$each" {
        return values.lazy
          .compactMap { difference(shapes[0].value, $0.value, "\(path).\($0.key.text)") }.first
      }
      return differenceOfMembers(shapes, values, path)
    default: return shape == value ? nil : "\(path) is not as expected: \(value)"
    }
  }

  private static func differenceOfMembers(
    _ shapes: [JSONValue.Member], _ values: [JSONValue.Member], _ path: String
  ) -> String? {
    for value in values where !shapes.contains(where: { $0.key == value.key }) {
      return "\(path).\(value.key.text) is one too many"
    }
    for shape in shapes {
      guard let value = values.first(where: { $0.key == shape.key }) else {
        return "\(path).\(shape.key.text) is missing"
      }
      let inner = "\(path).\(shape.key.text)"
      if let found = difference(shape.value, value.value, inner) { return found }
    }
    return nil
  }

  private static func isKind(_ kind: String, _ value: JSONValue) -> Bool {
    switch kind {
    case "$any": true
    case "$string": value.text != nil
    case "$number": value.number != nil
    case "$integer": value.integer != nil
    case "$boolean": value.flag != nil
    case "$time": value.bytes.flatMap { Instant.parse($0.bytes.span) } != nil
    default: false
    }
  }
}
