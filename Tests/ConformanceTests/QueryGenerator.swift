import Support

/// Random valid PromQL of a grammar: `fixtures/query/promql/grammar.txt` says how it is written.
struct QueryGenerator {
  /// Deeper than this, only what holds nothing else is chosen.
  private static let mostDepth = 3
  private static let leaves = ["vector": "selector", "scalar": "number"]

  private let forms: [Substring: [Substring]]
  private var random: SeededGenerator
  private var isInSubquery = false

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    var forms: [Substring: [Substring]] = [:]
    let text = try Fixture.named("query/promql/grammar.txt").text()
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      // Quotes keep the blanks at the ends.
      var form = line[line.index(after: colon)...].drop { $0 == " " }
      if form.hasPrefix("\" ") || form.hasSuffix(" \"") { form = form.dropFirst().dropLast() }
      forms[line[..<colon], default: []].append(form)
    }
    self.forms = forms
  }

  mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

  /// A query whose value is a vector or a scalar.
  mutating func query() -> String {
    isInSubquery = false
    return make("query", depth: 0)
  }

  private mutating func make(_ name: Substring, depth: Int) -> String {
    var name = name
    if depth > Self.mostDepth, let leaf = Self.leaves[String(name)] { name = Substring(leaf) }
    if name == "subquery" {
      // Not inside another one.
      if isInSubquery { return make("gauge", depth: depth) + make("window", depth: depth) }
      isInSubquery = true
      defer { isInSubquery = false }
      return fill(forms[name]?.first ?? "", depth: depth)
    }
    return fill(forms[name]?.randomElement(using: &random) ?? "", depth: depth)
  }

  /// A form with its names filled in.
  private mutating func fill(_ form: Substring, depth: Int) -> String {
    var text = ""
    var rest = form
    while let mark = rest.firstIndex(of: "$") {
      text += rest[..<mark]
      rest = rest[rest.index(after: mark)...]
      let name = forms.keys.filter(rest.hasPrefix).max { $0.count < $1.count }
      guard let name else {
        text += "$"
        continue
      }
      let isNested = Self.leaves[String(name)] != nil
      text += make(name, depth: isNested ? depth + 1 : depth)
      rest = rest.dropFirst(name.count)
    }
    return text + rest
  }
}
