import Bytes
import Model
import Templating

/// The functions of `line_format` and `label_format`; to add one: its line in one of the lists.
enum LineFunctions {
  typealias Function = TemplateFunction<LineTemplateHost>
  typealias Call = TemplateCall<LineTemplateHost>

  static let line = "__line__"

  static let table = TemplateTable(
    row + LineTexts.functions + LineNumbers.functions + LineTimes.functions)

  private static let row: [Function] = [
    Function(line, 0) { call in .text(call.host.row.withLine(call.host.batch) { ByteString($0) }) },
    Function("__timestamp__", 0) { .time(TemplateTime($0.host.row.record.time)) },
    Function("now", 0) { .time(TemplateTime($0.host.now)) },
    Function("default", 1...2) { $0.argument(1).isTrue ? $0.argument(1) : $0.argument(0) },
    Function("fromJson", 1) { call throws(TemplateFault) in
      TemplateJSON.value(try call.text(0))
    },
    Function("regexReplaceAll", 3, prepare: TemplatePatterns.prepare) {
      call throws(TemplateFault) in
      try TemplatePatterns.replaced(
        try TemplatePatterns.regex(call, 0), in: try call.text(1), by: try call.text(2))
    },
    Function("regexReplaceAllLiteral", 3, prepare: TemplatePatterns.prepare) {
      call throws(TemplateFault) in
      try TemplatePatterns.replaced(
        try TemplatePatterns.regex(call, 0), in: try call.text(1), by: try call.text(2),
        isLiteral: true)
    },
    Function("count", 2, prepare: TemplatePatterns.prepare) { call throws(TemplateFault) in
      let regex = try TemplatePatterns.regex(call, 0)
      return .integer(Int64(try TemplatePatterns.count(regex, in: try call.text(1))))
    },
  ]
}
