import Alerting
import Bytes
import Model
import Support
import Templating
import Testing

/// Templates of labels and annotations: what they print, what is refused, and that nothing traps.
@Suite struct TemplateTests {
  private static let values = TemplateValues(
    labels: Labels([
      Label("instance", "db1.example.org:9100"), Label("tenant", "acme"), Label("count", "12"),
    ]),
    value: 0.1234567, externalLabels: Labels([Label("zone", "eu")]),
    externalURL: "https://watch.example.org")

  /// A template and what it prints with the labels and the value above.
  struct Case: Sendable, CustomTestStringConvertible {
    let template: String
    let output: String

    init(_ template: String, _ output: String) {
      self.template = template
      self.output = output
    }

    var testDescription: String { template }
  }

  private static func print(_ text: String, _ values: TemplateValues = values) throws -> String {
    try Template(text).fill(values).text
  }

  private static let fields: [Case] = [
    Case("", ""),
    Case("plain } text { here", "plain } text { here"),
    Case("{{ $labels.tenant }}", "acme"),
    Case("{{.Labels.tenant}}/{{ $.Labels.tenant }}/{{ $.labels.tenant }}", "acme/acme/acme"),
    Case("{{ $labels.absent }}", ""),
    Case("{{ $value }}|{{ .Value }}|{{ $.Value }}", "0.1234567|0.1234567|0.1234567"),
    Case("{{ $externalLabels.zone }}{{ .ExternalLabels.zone }}", "eueu"),
    Case(
      "{{ $externalURL }}/x {{ externalURL }}/y",
      "https://watch.example.org/x https://watch.example.org/y"),
    Case("a{{/* nothing */}}b", "ab"),
    Case("a {{- $labels.tenant -}} b", "aacmeb"),
    Case("a {{ $labels.tenant -}}\n\t b", "a acmeb"),
    Case("a\n{{- /* gone */ -}}\nb", "ab"),
    Case("{{ \"quoted \\\"text\\\"\\n\" }}", "quoted \"text\"\n"),
    Case("{{ `raw \\n` }}", "raw \\n"),
    Case("{{ 1.50 }} {{ 1e6 }} {{ 1e-7 }} {{ true }}", "1.5 1e+06 1e-07 true"),
    Case("{{ index $labels \"tenant\" }} {{ len .ExternalLabels }}", "acme 1"),
    Case(
      "{{ $t := $labels.tenant }}{{ with .Labels }}{{ .tenant }}={{ $t }}{{ end }}", "acme=acme"),
    Case(
      "{{ range $k, $v := .Labels }}{{ $k }}={{ $v }} {{ end }}",
      "count=12 instance=db1.example.org:9100 tenant=acme "),
    Case("größer ✓ {{ $labels.tenant }}", "größer ✓ acme"),
  ]

  private static let choices: [Case] = [
    Case("{{ if $labels.tenant }}yes{{ end }}", "yes"),
    Case("{{ if $labels.absent }}yes{{ else }}no{{ end }}", "no"),
    Case(
      "{{ if eq $labels.tenant \"b\" }}b{{ else if eq $labels.tenant \"acme\" }}a{{ end }}", "a"),
    Case("{{ if 0 }}a{{ else if false }}b{{ else if \"\" }}c{{ else }}d{{ end }}", "d"),
    Case("{{ if gt $value 0.1 }}{{ if lt $value 0.2 }}between{{ end }}{{ end }}", "between"),
    Case("{{ if 0 }}a{{ else\tif\n1 }}b{{ end }}", "b"),
    Case("x {{- if true -}} y {{- end -}} z", "xyz"),
    Case("{{ if and true 1 \"x\" }}t{{ end }}{{ if not 0 }}n{{ end }}", "tn"),
    Case("{{ or \"\" 0 \"last\" }}-{{ and 1 0 2 }}-{{ or 0 \"\" }}", "last-0-"),
    Case(
      "{{ eq 1 1.0 }}{{ ne 1 2 }}{{ lt 1 2 }}{{ le 2 2 }}{{ gt 1 2 }}{{ ge 1 2 }}",
      "truetruetruetruefalsefalse"),
    Case("{{ eq $labels.count 12 }}{{ lt \"a\" \"b\" }}{{ ge \"a\" \"b\" }}", "truetruefalse"),
    Case("{{ ne \"a\" \"b\" }}{{ le \"a\" \"b\" }}{{ gt \"a\" \"b\" }}", "truetruefalse"),
  ]

  private static let texts: [Case] = [
    Case("{{ $labels.tenant | toUpper }}{{ toLower \"ÄB\" }}", "ACMEäb"),
    Case("{{ \"two words\" | title }}", "Two Words"),
    Case("{{ \"<b>\" | safeHtml }}", "<b>"),
    Case("{{ print \"a\" 1 true }}", "a1 true"),
    Case("{{ len \"abcd\" }}{{ \"ä\" | len }}", "42"),
    Case(
      "{{ reReplaceAll \"(\\\\w+)\\\\.(\\\\w+).*\" \"$2-${1}\" $labels.instance }}", "example-db1"),
    Case("{{ reReplaceAll \"x*\" \"-\" \"ab\" }}", "-a-b-"),
    Case("{{ reReplaceAll \"a\" \"$9$\" \"bab\" }}", "b$b"),
    Case("{{ match \"^db\" $labels.instance }}{{ match \"^x\" \"db\" }}", "truefalse"),
    Case(
      "{{ stripPort $labels.instance }}|{{ stripPort \"[::1]:80\" }}|{{ stripPort \"::1\" }}",
      "db1.example.org|::1|::1"),
    Case("{{ stripDomain $labels.instance }}|{{ stripDomain \"a.b.c\" }}", "db1:9100|a"),
    Case(
      "{{ stripDomain \"10.0.0.1:80\" }}|{{ stripDomain \"[::1]:80\" }}", "10.0.0.1:80|[::1]:80"),
    Case("{{ urlQueryEscape \"a b&c=d/é~\" }}", "a+b%26c%3Dd%2F%C3%A9~"),
    Case("{{ parseDuration \"1h30m\" }}{{ parseDuration \"5ms\" | printf \" %v\" }}", "5400 0.005"),
    Case("{{ printf \"%s|%v|%q|%t|%%\" \"a\" 1.5 \"q\" true }}", "a|1.5|\"q\"|true|%"),
    Case(
      "{{ printf \"%d|%f|%.2f|%g|%.4g\" 42 1.5 2.6755 0.5 123.456 }}",
      "42|1.500000|2.68|0.5|123.5"),
    Case("{{ printf \"%.3f %.0f %.0f %.0f\" 2.6755 0.5 1.5 2.5 }}", "2.675 0 2 2"),
    Case("{{ printf \"%5d|%-5d|%05d\" 42 42 42 }}", "   42|42   |00042"),
    Case("{{ printf \"%s %s\" \"a\" }}", "a %!s(MISSING)"),
    Case("{{ printf \"%n%@\" 1 2 }}", "%!n(int=1)%!@(int=2)"),
    Case("{{ $value | printf \"%.1f\" | printf \"%s%%\" }}", "0.1%"),
    Case("{{ (print \"a\" (toUpper \"b\")) | toLower }}", "ab"),
  ]

  private static let numbers: [Case] = [
    Case("{{ humanize 0 }} {{ humanize 1 }} {{ humanize 1234567 }}", "0 1 1.235M"),
    Case("{{ humanize 0.001234 }} {{ humanize -1500 }}", "1.234m -1.5k"),
    Case("{{ humanize 1e27 }} {{ humanize 1e308 }}", "1000Y 1e+284Y"),
    Case("{{ humanize \"NaN\" }} {{ humanize \"Inf\" }} {{ humanize \"-Inf\" }}", "NaN +Inf -Inf"),
    Case("{{ humanize 999.96 }} {{ humanize 999.99 }}", "1000 1000"),
    Case("{{ humanize1024 0 }} {{ humanize1024 1024 }} {{ humanize1024 1572864 }}", "0 1ki 1.5Mi"),
    Case("{{ humanize1024 9999999999999999999999999999.0 }}", "8272Yi"),
    Case(
      "{{ humanizeDuration 0 }} {{ humanizeDuration 1 }} {{ humanizeDuration 12.3456 }}",
      "0s 1s 12.35s"),
    Case(
      "{{ humanizeDuration 61 }} {{ humanizeDuration 3661 }} {{ humanizeDuration 86400 }}",
      "1m 1s 1h 1m 1s 1d 0h 0m 0s"),
    Case("{{ humanizeDuration -3600 }} {{ humanizeDuration 0.0001 }}", "-1h 0m 0s 100us"),
    Case("{{ humanizeDuration \"+Inf\" }} {{ humanizeDuration 1e300 }}", "+Inf 1e+300s"),
    Case("{{ humanizePercentage 0.123456 }} {{ humanizePercentage 1 }}", "12.35% 100%"),
    Case("{{ $value | humanizePercentage }}", "12.35%"),
    Case("{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23T13:19:44.128Z"),
    Case("{{ humanizeTimestamp \"NaN\" }} {{ humanizeTimestamp 1e300 }}", "NaN 1e+300"),
    Case("{{ printf \"%.4g %.4g %.4g\" 9999.96 0.00009999996 12346.0 }}", "1e+04 0.0001 1.235e+04"),
  ]

  @Test(arguments: fields + choices + texts + numbers)
  func prints(_ example: Case) throws {
    #expect(try Self.print(example.template) == example.output)
  }

  private static let refusals: [Case] = [
    Case("{{", "1:1: unclosed action"),
    Case("a {{ $value", "1:3: unclosed action"),
    Case("{{ }}", "1:1: empty action"),
    Case(
      "{{ end }}", "1:1: {{ end }} without an open {{ if }}, {{ with }} or {{ range }}"),
    Case("{{ if true }}", "1:1: {{ if }} without {{ end }}"),
    Case(
      "{{ if true }}a{{ else }}b{{ else }}c{{ end }}", "1:26: a second {{ else }} of one {{ if }}"),
    Case("{{ if true }}a{{ else wrong }}b{{ end }}", "1:23: unexpected \"wrong\" after else"),
    Case("{{ if }}a{{ end }}", "1:1: missing value for command"),
    Case("{{ template \"a\" }}", "1:1: {{ template }} is not supported"),
    Case("{{ define \"a\" }}{{ end }}", "1:1: {{ define }} is not supported"),
    Case("{{ query \"up\" }}", "1:4: function \"query\" not defined"),
    Case("{{ tolower 1 }}", "1:4: function \"tolower\" not defined, did you mean \"toLower\"?"),
    Case("{{ $label.x }}", "1:4: undefined variable \"$label\", did you mean \"$labels\"?"),
    Case("{{ .Labls.x }}", "1:4: there is no .Labls here, did you mean \".Labels\"?"),
    Case("{{ \"open }}", "1:4: unterminated quoted string"),
    Case("{{ (1 }}", "1:4: unclosed left parenthesis"),
    Case("{{ 1) }}", "1:5: unexpected \")\" in an action"),
    Case("{{ | humanize }}", "1:4: missing value for command"),
    Case("{{ 1 | }}", "1:6: missing value for command"),
    Case("{{ humanize 1 2 }}", "1:4: wrong number of arguments for humanize: it takes 1, got 2"),
    Case("{{ toUpper }}", "1:4: wrong number of arguments for toUpper: it takes 1, got 0"),
    Case("{{ eq 1 }}", "1:4: wrong number of arguments for eq: it takes at least 2, got 1"),
    Case("{{ 1 2 }}", "1:4: a value is not a function: it takes no arguments"),
    Case(
      "{{ " + String(repeating: "(", count: 65) + "1" + String(repeating: ")", count: 65) + " }}",
      "1:68: nested too deeply: more than 64 blocks and parentheses"),
    Case(
      String(repeating: "{{ if 1 }}", count: 65),
      "1:641: nested too deeply: more than 64 blocks and parentheses"),
  ]

  @Test(arguments: refusals)
  func refuses(_ example: Case) throws {
    let fault = #expect(throws: TemplateFault.self) { try Template(example.template) }
    #expect(fault?.located(in: ByteString(example.template)) == example.output)
  }

  private static let failures: [Case] = [
    Case("{{ humanize \"many\" }}", "humanize: wants a number, got the text \"many\""),
    Case("{{ humanize true }}", "humanize: wants a number, got true"),
    Case(
      "{{ lt true 1 }}",
      "lt: cannot compare true with the integer 1; int and float64 make numbers of texts"),
    Case(
      "{{ printf 1 }}",
      "printf: argument 1 must be a text, got the integer 1; write it as one with toString or "
        + "printf"),
    Case("{{ parseDuration \"5 m\" }}", "parseDuration: \"5 m\" is not a duration such as 1h30m"),
    Case("{{ range $labels.tenant }}{{ end }}", "range cannot go over the text \"acme\""),
  ]

  /// What only shows when a template is filled in stands in the text, as in Prometheus.
  @Test(arguments: failures)
  func saysWhatWentWrong(_ example: Case) throws {
    let template = try Template(example.template)
    let fault = #expect(throws: TemplateFault.self) { try template.fill(Self.values) }
    #expect(fault?.message == example.output)
    #expect(
      template.filled(Self.values).text == "<error expanding template: \(example.output)>")
  }

  @Test func aBadPatternIsRefused() throws {
    for pattern in ["(", "a**", "(?=a)", "\\\\1", "[", "(a{0,100}){0,100}{0,100}"] {
      #expect(throws: TemplateFault.self) {
        try Template("{{ match \"\(pattern)\" $labels.tenant }}")
      }
      let late = try Template("{{ $p := \"\(pattern)\" }}{{ match $p $labels.tenant }}")
      #expect(late.filled(Self.values).text.hasPrefix("<error expanding template: match: "))
    }
  }

  @Test func outputIsBounded() throws {
    let long = TemplateValues(
      labels: Labels([Label("a", ByteString([UInt8](repeating: 97, count: 40_000)))]), value: 1)
    let many = String(repeating: "{{ $labels.a }}", count: 20)
    #expect(try Template(many).fill(long).count == Limits.templateOutputBytes)
    let text = String(repeating: "x", count: 1 << 20)
    #expect(try Template(text).fill(long).count == Limits.templateOutputBytes)
    let grown = "{{ reReplaceAll \"\" \"\(String(repeating: "b", count: 1_000))\" $labels.a }}"
    #expect(try Template(grown).filled(long).text.hasPrefix("<error expanding template: "))
    for format in ["%1000000000s", "%.1000000000f", "%.99999999999999999999f"] {
      let text = try Template("{{ printf \"\(format)\" 1 }}").filled(long).text
      #expect(text.hasPrefix("<error expanding template: printf: a "))
    }
    #expect(try Self.print("{{ printf \"%70000d\" 1 }}", long).count == Limits.templateOutputBytes)
  }

  /// Cuts, doubles and swaps pieces of all templates above: refused or printed, never a trap.
  @Test func mutationsNeverTrap() throws {
    let seeds =
      (Self.fields + Self.choices + Self.texts + Self.numbers + Self.refusals
      + Self.failures).map { Array($0.template.utf8) }.filter { !$0.isEmpty }
    let spice: [[UInt8]] =
      [
        "{{", "}}", "{{-", "-}}", "\"", "\\", "(", ")", "|", "end", "if ", "else", "$", "%",
        "9223372036854775808", "1e400", "-0", "\u{0}", "é",
      ].map { Array($0.utf8) } + [[0xFF], [0xC3]]
    var random = SeededGenerator(seed: 20_260_729)
    var printed = 0
    for _ in 0..<5_000 {
      var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0...text.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: text.removeSubrange(place..<min(text.count, place + 3))
        case 1:
          text.insert(contentsOf: spice[Int.random(in: 0..<spice.count, using: &random)], at: place)
        case 2: text.insert(contentsOf: text.suffix(20), at: place)
        default: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &random) }
        }
      }
      guard let template = try? Template(String(decoding: text, as: UTF8.self)) else { continue }
      let output = template.filled(Self.values)
      #expect(output.count <= Limits.templateOutputBytes)
      printed += 1
    }
    #expect(printed > 500 && printed < 5_000)
  }
}
