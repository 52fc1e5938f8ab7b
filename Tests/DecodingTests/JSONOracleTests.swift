import Bytes
import Decoding
import Model
import Support
import Testing

/// Ingest reads JSON by the scanner, the API by the tree: a document printed again from the tree
/// must decode to the same row.
struct JSONOracleTests {
  private func write(_ value: JSONValue, to writer: inout JSONWriter) {
    switch value {
    case .object(let members):
      writer.object { writer in
        for member in members {
          writer.key(member.key)
          write(member.value, to: &writer)
        }
      }
    case .array(let elements):
      writer.array { writer in
        for element in elements { write(element, to: &writer) }
      }
    case .string(let text): writer.string(text)
    case .number(let digits): writer.raw(digits.text)
    case .boolean(let flag): writer.boolean(flag)
    case .null: writer.null()
    }
  }

  @Test func aDocumentPrintedAgainIsTheSameRow() throws {
    var compared = 0
    for fixture in Fixture.all("decode/json", suffix: ".in") {
      for line in try fixture.bytes().split(separator: 10) {
        guard let tree = try? JSONValue(parsing: Array(line)), tree["message"] != nil else {
          continue
        }
        var writer = JSONWriter()
        write(tree, to: &writer)
        #expect(try JSONValue(parsing: writer.bytes) == tree)
        let first = try Decoder.decode([Array(line)], as: "json")
        let second = try Decoder.decode([writer.bytes], as: "json")
        #expect(Rendering.text(of: first) == Rendering.text(of: second))
        compared += 1
      }
    }
    #expect(compared > 30)
  }
}
