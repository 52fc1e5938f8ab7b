import Bytes
import Model
import Templating
import Testing

/// What templates are filled in with here: every member is its own name.
private struct Echo: TemplateHost {
  static let table = TemplateTable<Echo>([
    TemplateFunction("twice", 1, prepare: { text in ByteString(text.bytes + text.bytes) }) {
      call throws(TemplateFault) in
      if case .prepared(let prepared) = call.argument(0), let text = prepared.object as? ByteString
      {
        return .text(text)
      }
      let text = try call.text(0)
      return .text(ByteString(text.bytes + text.bytes))
    },
    TemplateFunction("nothing", 0) { _ in .none },
  ])

  func member(_ name: ByteString, of record: Int) -> TemplateValue? { .text(name) }

  func members(of record: Int) -> [TemplateMember] { [TemplateMember("a", .integer(1))] }
}

/// The engine: what a template reads, how it is cut into parts, and that it stays within bounds.
@Suite struct TextTemplateTests {
  private static func fill(_ text: String) throws -> String {
    var output: [UInt8] = []
    var work = 0
    try TextTemplate(ByteString(text), Echo.table).fill(Echo(), into: &output, work: &work)
    return ByteString(output).text
  }

  @Test(arguments: [
    ("{{ .a }} {{ $.b }}", "a b"),
    ("{{ twice \"x\" }}{{ $t := \"y\" }}{{ twice $t }}{{ .z | twice }}", "xxyyzz"),
    ("{{ nothing }} {{ print nothing }} {{ . }}", "<no value> <nil> map[a:1]"),
    ("{{- /* a */ -}} x {{- /* b }} */ -}}\n y", "xy"),
    ("{{ with $x := .a }}{{ $x }}{{ . }}{{ end }}", "aa"),
    ("{{ if .a }}{{ else }}no{{ end }}{{ range 3 }}{{ . }}{{ end }}", "012"),
  ])
  func fillsIn(_ text: String, _ output: String) throws {
    #expect(try Self.fill(text) == output)
  }

  @Test(arguments: [
    ("{{ .a }}{{ $.b }}{{ .a.c }}", "a,b", false),
    ("{{ if eq .a (print .b) }}{{ .c | twice }}{{ else }}{{ $.d }}{{ end }}", "a,b,c,d", false),
    ("{{ $x := . }}{{ $x.a }}{{ index $x \"b\" }}{{ index . \"c\" }}", "a,b,c", false),
    ("{{ with . }}{{ .a }}{{ end }}{{ with .b }}{{ .inner }}{{ end }}", "a,b", false),
    ("{{ range $v := .a }}{{ .inner }}{{ $v.inner }}{{ $.b }}{{ end }}", "a,b", false),
    ("{{ index . .a }}", "a", true), ("{{ . }}", "", true), ("{{ print $ }}", "", true),
    ("{{ range . }}{{ end }}", "", true), ("{{ $x := \"\" }}{{ $x = . }}{{ $x.a }}", "", true),
    ("{{ . | print }}", "", true), ("{{ len (.) }}", "", true), ("text", "", false),
  ])
  func saysWhatItReads(_ text: String, _ names: String, _ all: Bool) throws {
    let read = try TextTemplate(ByteString(text), Echo.table).names
    #expect(read.names.map(\.text).joined(separator: ",") == names)
    #expect(read.readsAll == all)
  }

  @Test func simpleTemplatesAreRowsOfParts() throws {
    let simple = try TextTemplate("a{{ .b }}{{ $.c }}{{ nothing }}", Echo.table)
    #expect(simple.parts?.count == 4)
    for text in ["{{ .a.b }}", "{{ . }}", "{{ if .a }}{{ end }}", "{{ $x := .a }}", "{{ 1 }}"] {
      #expect(try TextTemplate(ByteString(text), Echo.table).parts == nil)
    }
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "-0"), (1, "1"), (123456, "123456"), (999_999.5, "999999.5"),
      (1e6, "1e+06"), (1_234_567, "1.234567e+06"), (1e20, "1e+20"), (1e100, "1e+100"),
      (0.0001, "0.0001"), (0.00001, "1e-05"), (-0.000012345, "-1.2345e-05"),
      (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.leastNonzeroMagnitude, "5e-324"),
    ] as [(Double, String)])
  func floatsPrintAsInGo(_ value: Double, _ text: String) {
    #expect(FloatText.shortest(value) == text)
  }

  private static let layouts: [(layout: String, text: String)] = [
    ("2006-01-02 15:04:05", "2023-11-14 22:13:20"),
    ("2006-01-02T15:04:05.000Z07:00", "2023-11-14T22:13:20.123Z"),
    ("2006-01-02T15:04:05.999999999Z0700", "2023-11-14T22:13:20.123456Z"),
    ("Mon Jan _2 15:04:05 2006", "Tue Nov 14 22:13:20 2023"),
    ("Monday, 02-Jan-06 15:04:05 MST", "Tuesday, 14-Nov-23 22:13:20 UTC"),
    ("January 2, 2006 3:04:05 PM -07:00", "November 14, 2023 10:13:20 PM +00:00"),
    ("2/1/06 03:4:5pm 002 __2 -07", "14/11/23 10:13:20pm 318 318 +00"),
    ("_2006 Janet Month 2006", "_2023 Janet Month 2023"),
    ("15h04 05,000000", "22h13 20,123456"),
  ]

  @Test(arguments: layouts.indices)
  func timesAreWrittenAndRead(_ index: Int) throws {
    let example = Self.layouts[index]
    let time = TemplateTime(1_700_000_000_123_456_000)
    let layout = DateLayout(ByteString(example.layout))
    #expect(layout.text(time).text == example.text)
    let read = layout.time(ByteString(example.text))
    if index < 7 {
      #expect(read?.seconds == time.seconds, "\(example)")
    }
  }

  @Test(arguments: [
    "", "2024", "2024-13-01 00:00:00", "2024-02-30 00:00:00", "2024-01-01 24:00:00",
    "2024-01-01 00:60:00", "2024-01-01 00:00:00 ", "2024-01-01  00:00:00x", "99999-01-01 00:00:00",
  ])
  func whatIsNoTimeIsNone(_ text: String) {
    #expect(DateLayout("2006-01-02 15:04:05").time(ByteString(text)) == nil)
  }

  @Test func timesStayInTheirYears() {
    #expect(TemplateTime(seconds: .max) == nil)
    #expect(TemplateTime(seconds: .min) == nil)
    #expect(TemplateTime.zero.text.text == "0001-01-01 00:00:00 +0000 UTC")
    #expect(TemplateTime(.min).text.text.hasPrefix("1677-09-21 00:12:43.145224192"))
    #expect(TemplateTime(.max).sinceEpoch == .max)
  }

  @Test func outputAndWorkAreBounded() throws {
    func message(_ text: String, limit: Int = 100) -> (String?, Int) {
      var output: [UInt8] = []
      var work = 0
      do throws(TemplateFault) {
        let template = try TextTemplate(ByteString(text), Echo.table)
        try template.fill(Echo(), limit: limit, into: &output, work: &work)
        return (nil, work)
      } catch {
        return (error.message, work)
      }
    }
    #expect(message("{{ range 1000 }}x{{ end }}").0 == "the template prints more than 100 bytes")
    let (endless, work) = message("{{ range 9223372036854775807 }}{{ end }}")
    #expect(endless?.hasPrefix("the template does too much") == true)
    #expect(work > Limits.templateWork && work < Limits.templateWork * 2)
    #expect(
      message("{{ printf \"%900000d\" 1 | twice }}").0?.hasPrefix("the text grows beyond") == true)
  }

  @Test func asDeepAsAllowedWorks() throws {
    let depth = Limits.templateDepth
    let blocks =
      String(repeating: "{{ if 1 }}", count: depth) + "x"
      + String(repeating: "{{ end }}", count: depth)
    #expect(try Self.fill(blocks) == "x")
    let parentheses =
      "{{ " + String(repeating: "(print ", count: depth) + "1"
      + String(repeating: ")", count: depth) + " }}"
    #expect(try Self.fill(parentheses) == "1")
    let chain =
      "{{ if 0 }}" + String(repeating: "{{ else if 0 }}", count: 500) + "{{ else }}y{{ end }}"
    #expect(try Self.fill(chain) == "y")
  }

  /// Cuts, doubles and swaps pieces of templates: refused or filled in, never a trap.
  @Test func mutationsNeverTrap() {
    let seeds = [
      "{{ range $i, $e := .list }}{{ if gt $i 1 }}{{ break }}{{ else }}{{ $e.x }}{{ end }}",
      "{{- with $x := index . \"a\" -}}{{ printf \"%-5.3s|%08.3f|%+d|%q\" $x 1.5 3 .b }}{{ end -}}",
      "{{/* c */}}{{ slice .a 1 2 }}{{ html .a | js | urlquery }}{{ println (len .) nil 'x' }}",
      "{{ eq .a \"b\" \"c\" }}{{ and (not .a) .b | or 1 }}{{ $y := 0x1F }}{{ $y = 1_0 }}{{ `r` }}",
    ].map { Array($0.utf8) }
    let spice = [
      "{{", "}}", "{{-", "-}}", "/*", "*/", "\"", "(", ")", "|", ":=", "$", ".", " end ",
      "%", "*", "9223372036854775807", "-1", "1e308", "\u{0}", "é", "range ", "nil ",
    ]
    var state: UInt64 = 42
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    var filled = 0
    for _ in 0..<6_000 {
      var text = seeds[next(seeds.count)]
      for _ in 0...next(4) {
        let place = next(text.count + 1)
        switch next(4) {
        case 0: text.removeSubrange(place..<min(text.count, place + 1 + next(6)))
        case 1: text.insert(contentsOf: spice[next(spice.count)].utf8, at: place)
        case 2: text.insert(contentsOf: text.suffix(12), at: place)
        default: if place < text.count { text[place] = UInt8(next(256)) }
        }
      }
      guard let template = try? TextTemplate(ByteString(text), Echo.table) else { continue }
      var output: [UInt8] = []
      var work = 0
      try? template.fill(Echo(), limit: 10_000, into: &output, work: &work)
      #expect(output.count <= 1 << 21)
      filled += 1
    }
    #expect(filled > 300)
  }
}
