import Bytes
import Model
import Querying
import Templating

/// The functions of alert templates, as Prometheus documents them ("Template reference"), but those
/// that query; to add one: its line in the list.
enum AlertFunctions {
  typealias Function = TemplateFunction<TemplateValues>
  typealias Call = TemplateCall<TemplateValues>

  static let table = TemplateTable(
    functions,
    variables: [
      "labels": "Labels", "value": "Value", "externalLabels": "ExternalLabels",
      "externalURL": "ExternalURL",
    ], members: ["Labels", "labels", "Value", "ExternalLabels", "ExternalURL"],
    comparesTextAsNumber: true)

  private static let functions: [Function] = [
    Function("humanize", 1) { call throws(TemplateFault) in
      .string(HumanText.humanized(try number(call)))
    },
    Function("humanize1024", 1) { call throws(TemplateFault) in
      .string(HumanText.humanized1024(try number(call)))
    },
    Function("humanizeDuration", 1) { call throws(TemplateFault) in
      .string(HumanText.duration(try number(call)))
    },
    Function("humanizePercentage", 1) { call throws(TemplateFault) in
      .string(HumanText.rounded(try number(call) * 100) + "%")
    },
    Function("humanizeTimestamp", 1) { call throws(TemplateFault) in
      let seconds = try number(call)
      guard let instant = Int64(clamping: seconds * 1e9) else {
        return .string(FloatText.shortest(seconds))
      }
      return .string(Instant.text(instant))
    },
    Function("title", 1) { call throws(TemplateFault) in
      .text(Characters.title(try call.printed()))
    },
    Function("toUpper", 1) { call throws(TemplateFault) in
      .text(Characters.upper(try call.printed()))
    },
    Function("toLower", 1) { call throws(TemplateFault) in
      .text(Characters.lower(try call.printed()))
    },
    Function("safeHtml", 1) { call throws(TemplateFault) in .text(try call.printed()) },
    Function("match", 2, prepare: TemplatePatterns.prepare) { call throws(TemplateFault) in
      let regex = try TemplatePatterns.regex(call, 0)
      let text = try call.text(1)
      return .flag(regex.find(text.bytes.span) != nil)
    },
    Function("reReplaceAll", 3, prepare: TemplatePatterns.prepare) { call throws(TemplateFault) in
      try TemplatePatterns.replaced(
        try TemplatePatterns.regex(call, 0), in: try call.text(2), by: try call.text(1))
    },
    Function("stripPort", 1) { call throws(TemplateFault) in
      .string(HostPort(try call.text(0).text).host)
    },
    Function("stripDomain", 1) { call throws(TemplateFault) in
      .string(HostPort(try call.text(0).text).withoutDomain)
    },
    Function("parseDuration", 1, seconds),
    Function("urlQueryEscape", 1) { call throws(TemplateFault) in
      .text(ByteString(EscapedText.query(try call.printed())))
    },
    Function("externalURL", 0) { .string($0.host.externalURL) },
  ]

  private static func number(_ call: Call) throws(TemplateFault) -> Double {
    switch call.argument(0) {
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    case .text(let text):
      if let number = Numbers.prometheusFloat(text.bytes.span) { return number }
    default: break
    }
    throw call.fault("wants a number, got \(call.argument(0).described)")
  }

  private static func seconds(_ call: Call) throws(TemplateFault) -> TemplateValue {
    let text = try call.text(0)
    guard let time = RuleFile.milliseconds(text.text) else {
      throw call.fault("\(QuotedText.quote(text)) is not a duration such as 1h30m")
    }
    return .number(Double(time) / 1_000)
  }
}
