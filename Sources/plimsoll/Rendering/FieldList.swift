package import Bytes

/// The fields that log lines have in common: how many values each has, and some of them.
package struct FieldList {
  /// A field as the API's `detected_fields` tells it.
  package struct Field: Sendable {
    package let name: String
    package let type: String
    package let values: Int64
    package let parsers: [String]
    package var examples: [String] = []
  }

  package var fields: [Field]

  /// The fields of a `detected_fields` answer, in order of name.
  package init(_ answer: JSONValue) {
    fields = (answer["fields"]?.elements ?? []).map { field in
      Field(
        name: field["label"]?.text ?? "", type: field["type"]?.text ?? "",
        values: field["cardinality"]?.integer ?? 0,
        parsers: (field["parsers"]?.elements ?? []).compactMap(\.text))
    }.sorted { $0.name < $1.name }
  }

  /// The values of a `detected_field/NAME/values` answer.
  package static func values(_ answer: JSONValue) -> [String] {
    (answer["values"]?.elements ?? []).compactMap(\.text)
  }

  /// A line for each field.
  package func text(_ style: Style) -> String {
    guard !fields.isEmpty else { return "no fields" }
    var grid = TextGrid([
      .init("FIELD"), .init("TYPE"), .init("VALUES", isNumeric: true), .init("PARSER"),
      .init("EXAMPLES"),
    ])
    for field in fields {
      grid.append([
        field.name, field.type, String(field.values), field.parsers.joined(separator: ","),
        field.examples.joined(separator: ", "),
      ])
    }
    return grid.text(style)
  }

  /// A row for each field under a line of names; the examples are one cell.
  package var csv: String {
    let head = CommaText.row(["field", "type", "values", "parser", "examples"])
    return
      ([head]
      + fields.map { field in
        CommaText.row([
          field.name, field.type, String(field.values), field.parsers.joined(separator: ","),
          field.examples.joined(separator: ", "),
        ])
      }).joined(separator: "\n")
  }

  /// An object for each field, a line each.
  package var json: [UInt8] {
    Array(
      fields.map { field in
        var json = JSONWriter()
        json.object { json in
          json.key("field")
          json.string(field.name)
          json.key("type")
          json.string(field.type)
          json.key("values")
          json.integer(field.values)
          for (key, texts) in [("parsers", field.parsers), ("examples", field.examples)] {
            json.key(key)
            json.array { json in for text in texts { json.string(text) } }
          }
        }
        return json.bytes + [10]
      }.joined())
  }
}
