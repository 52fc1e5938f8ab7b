import Model
import Support

/// Seeded records and seeded queries of them.
struct OracleWriter {
  /// Nanoseconds; a whole second.
  static let start: Int64 = 1_795_132_800_000_000_000
  /// Half seconds, so that edges of windows are hit.
  static let slots = 600

  static let durations: [(String, Double)] = [
    ("250ms", 0.25), ("1s", 1), ("1.5s", 1.5), ("2m", 120), ("1h1m", 3_660),
  ]
  static let sizes: [(String, Double)] = [
    ("512B", 512), ("2KB", 2_000), ("1KiB", 1_024), ("3MB", 3_000_000),
  ]
  private static let words = [
    "stock", "order", "picking", "error", "done", "10.0.0.1", "é", "code=",
  ]

  var random: SeededGenerator

  init(seed: Int) {
    random = SeededGenerator(seed: UInt64(seed))
  }

  mutating func one<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

  // MARK: Records

  mutating func rows() -> [OracleRow] {
    let slots = (0..<Self.slots).shuffled(using: &random)
    let count = Int.random(in: 40...240, using: &random)
    return slots.prefix(count).sorted().map { row(at: Self.start + Int64($0) * 500_000_000) }
  }

  private mutating func row(at time: Int64) -> OracleRow {
    var row = OracleRow(
      time: time, tenant: one(["a", "b", "c"]), service: one(["odoo", "odoo", "gateway"]),
      host: one(["", "h1", "h2"]), release: one(["", "", "", "r9"]),
      level: one([.unknown, .info, .error, .warning]), fields: [], form: .plain, members: [],
      line: "")
    if !chance(3) { row.fields.append(("status", one(["200", "404", "500"]), .integer)) }
    if chance(2) { row.fields.append(("lapse", one(["0.25", "1.5", "3.0"]), .decimal)) }
    if chance(3) { row.fields.append(("who", one(["ada", "bob"]), .text)) }
    if chance(9) { row.fields.append(("host", "field", .text)) }
    let size = Int.random(in: 0...3, using: &random)
    row.form = one([.plain, .logfmt, .json])
    guard row.form != .plain else {
      for _ in 0..<size { row.line += (row.line.isEmpty ? "" : " ") + one(Self.words.dropLast()) }
      return row
    }
    row.members = [("code", one(["7", "42", "3.5"]))]
    if !chance(3) { row.members.append(("took", one(Self.durations).0)) }
    if chance(2) { row.members.append(("size", one(Self.sizes).0)) }
    if chance(2) { row.members.append(("who", one(["ada", "cyd"]))) }
    if chance(4) { row.members.append(("level", "warn")) }
    let parts = row.members.map { member in
      guard row.form == .json else { return "\(member.name)=\(member.text)" }
      return member.name == "code"
        ? "\"code\":\(member.text)" : "\"\(member.name)\":\"\(member.text)\""
    }
    row.line =
      row.form == .json
      ? "{\(parts.joined(separator: ","))}" : parts.joined(separator: " ")
    return row
  }

  func deploys() -> [OracleDeploy] {
    let second: Int64 = 1_000_000_000
    return [
      OracleDeploy(release: "r1", tenants: nil, start: Self.start + 60 * second),
      OracleDeploy(release: "r2", tenants: ["a", "c"], start: Self.start + 150 * second),
    ]
  }

  // MARK: Selections

  mutating func selection() -> OracleSelection {
    var selection: OracleSelection
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      selection = OracleSelection(selector: #"{service="odoo"}"#, fixed: ["service": "odoo"]) {
        $0["service"] == "odoo"
      }
    case 2:
      selection = OracleSelection(selector: #"{service=~".+", level!="info"}"#) {
        $0["level"] != "info"
      }
    case 3:
      selection = OracleSelection(selector: #"{service=~"odoo|gate.*", host=""}"#) {
        $0["host"] == nil
      }
    case 4:
      selection = OracleSelection(selector: #"{release="r2"}"#, fixed: ["release": "r2"]) {
        $0["release"] == "r2"
      }
    default:
      selection = OracleSelection(
        selector: #"{service="odoo", release!="r1"}"#, fixed: ["service": "odoo"]
      ) { $0["service"] == "odoo" && $0["release"] != "r1" }
    }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let (stage, last) = (stage(), selection.stages.last?.text ?? "")
      // `drop a != "b"` is a matcher of the label, not a line filter behind it.
      let isAmbiguous =
        stage.text.hasPrefix(" !") && (last.hasPrefix(" | drop") || last.hasPrefix(" | keep"))
      if !isAmbiguous { selection.stages.append(stage) }
    }
    return selection
  }

  private mutating func stage() -> OracleStage {
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: return lineFilter()
    case 2, 3: return parser()
    case 4, 5, 6:
      let filter = filter(depth: 1)
      return OracleStage(text: " | " + filter.text, joins: filter.joins) { filter.holds($0) }
    case 7: return drop()
    case 8: return keep()
    default: return formatting()
    }
  }

  private mutating func lineFilter() -> OracleStage {
    let (word, other) = (one(Self.words), one(Self.words))
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return OracleStage(text: " |= \"\(word)\"") { $0.line.contains(word) }
    case 1: return OracleStage(text: " != \"\(word)\"") { !$0.line.contains(word) }
    case 2:
      return OracleStage(text: " |~ \"^(?:\(word)|\(other))\"") {
        $0.line.hasPrefix(word) || $0.line.hasPrefix(other)
      }
    case 3:
      return OracleStage(text: " != \"\(word)\" or \"\(other)\"") {
        !$0.line.contains(word) && !$0.line.contains(other)
      }
    default:
      return OracleStage(text: " |= \"\(word)\" or \"\(other)\"") {
        $0.line.contains(word) || $0.line.contains(other)
      }
    }
  }

  private mutating func parser() -> OracleStage {
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      return OracleStage(text: #" | json | __error__="""#) { state in
        guard state.form == .json else { return false }
        for member in state.row.members { state.extract(member.name, member.text) }
        return true
      }
    case 1:
      return OracleStage(text: #" | json mine="who", code | __error__="""#) { state in
        guard state.form == .json else { return false }
        for member in state.row.members where member.name == "who" || member.name == "code" {
          state.extract(member.name == "who" ? "mine" : "code", member.text)
        }
        return true
      }
    case 2:
      return OracleStage(text: #" | regexp "code=(?P<code>[0-9.]+)""#) { state in
        if state.form == .logfmt { state.extract("code", state.row.members[0].text) }
        return true
      }
    case 3:
      return OracleStage(text: #" | logfmt took, mine="who""#) { state in
        for member in state.row.members where state.form == .logfmt {
          if member.name == "took" { state.extract("took", member.text) }
          if member.name == "who" { state.extract("mine", member.text) }
        }
        return true
      }
    default:
      return OracleStage(text: " | logfmt") { state in
        for member in state.row.members where state.form == .logfmt {
          state.extract(member.name, member.text)
        }
        return true
      }
    }
  }

  private mutating func drop() -> OracleStage {
    let name = one(["who", "host", "level", "status", "code", "tenant"])
    if chance(2) {
      return OracleStage(text: " | drop \(name)") {
        $0.changes.updateValue(nil, forKey: name)
        return true
      }
    }
    let value = one(["ada", "h1", "error", "404", "7", "a"])
    return OracleStage(text: " | drop \(name)=\"\(value)\"") {
      if $0.text(name) == value { $0.changes.updateValue(nil, forKey: name) }
      return true
    }
  }

  private mutating func keep() -> OracleStage {
    let names = [one(["who", "host", "level"]), one(["status", "code", "took", "lapse"])]
    return OracleStage(text: " | keep \(names.joined(separator: ", "))", joins: names) { state in
      // A field stays one: a parser may still find a label of its name.
      let own = names.filter { state.stream[$0] != nil || state.changes[$0] != nil }
      let kept = own.compactMap { name in state.value(name).map { (name, $0) } }
      let fields = names.filter { !own.contains($0) && state.value($0) != nil }
      for name in Array(state.stream.keys) + Array(state.changes.keys) {
        state.changes.updateValue(nil, forKey: name)
      }
      for (name, value) in kept { state.changes.updateValue(value, forKey: name) }
      state.keptFields = Set(fields)
      return true
    }
  }

  private mutating func formatting() -> OracleStage {
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      return OracleStage(text: #" | line_format "{{.who}} {{.status}} {{ .service | upper }}""#) {
        $0.line = "\($0.text("who")) \($0.text("status")) \($0.text("service").uppercased())"
        $0.form = .plain
        return true
      }
    case 1:
      return OracleStage(text: " | label_format tag=who") { state in
        guard let value = state.value("who") else { return true }
        state.changes.updateValue(value, forKey: "tag")
        state.changes.updateValue(nil, forKey: "who")
        return true
      }
    default:
      return OracleStage(text: #" | label_format tag="{{.level}}-{{.lapse}}""#) {
        $0.changes.updateValue("\($0.text("level"))-\($0.text("lapse"))", forKey: "tag")
        return true
      }
    }
  }
}
