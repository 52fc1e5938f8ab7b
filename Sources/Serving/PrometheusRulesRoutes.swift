import Bytes
import Querying

/// The Prometheus HTTP API: rules and alerts, also where Loki's clients look for them.
enum PrometheusRulesRoutes {
  static func routes(_ doors: Doors) -> [Route] {
    ["", "/prometheus"].flatMap { prefix in
      [
        Route(["GET"], prefix + "/api/v1/rules") { question in
          do {
            return .json(try doors.rules(try selection(question)))
          } catch let fault as QueryFault {
            return .json(
              PrometheusAnswer.failure(fault), status: PrometheusAnswer.status(of: fault))
          }
        },
        Route(["GET"], prefix + "/api/v1/alerts") { _ in .json(doors.alerts()) },
      ]
    }
  }

  private static func selection(_ question: HTTPQuestion) throws(QueryFault) -> RulesSelection {
    var selection = RulesSelection()
    selection.names = Set(question.all("rule_name").map { ByteString($0) })
    selection.groups = Set(question.all("rule_group"))
    selection.files = Set(question.all("file"))
    for text in question.all("match") {
      selection.selectors.append(try PromQL.selector(ByteString(text)))
    }
    selection.type = (question.parameter("type") ?? "").lowercased()
    guard ["", "alert", "record"].contains(selection.type) else {
      throw PrometheusRequest.fault("type", "not supported value \(quoted(selection.type))")
    }
    selection.showsAlerts = try !flag("exclude_alerts", question)
    try readPage(question, into: &selection)
    return selection
  }

  private static func readPage(
    _ question: HTTPQuestion, into selection: inout RulesSelection
  ) throws(QueryFault) {
    selection.nextGroup = question.parameter("group_next_token") ?? ""
    guard let text = question.parameter("group_limit") else {
      if selection.nextGroup.isEmpty { return }
      throw PrometheusRequest.fault(
        "group_next_token",
        "group_limit needs to be present in order to paginate over the groups")
    }
    guard let limit = Numbers.integer(Array(text.utf8).span) else {
      throw PrometheusRequest.fault(
        "group_limit",
        "group_limit needs to be a valid number: strconv.ParseInt: parsing \(quoted(text)): "
          + "invalid syntax")
    }
    guard limit > 0 else {
      throw PrometheusRequest.fault("group_limit", "group_limit needs to be greater than 0")
    }
    selection.groupLimit = Int(limit)
  }

  /// As Go reads a boolean; false when it is not there.
  private static func flag(
    _ name: String, _ question: HTTPQuestion
  ) throws(QueryFault) -> Bool {
    guard let text = question.parameter(name) else { return false }
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": return true
    case "0", "f", "F", "false", "FALSE", "False": return false
    default:
      throw PrometheusRequest.fault(
        name,
        "error converting \(name): strconv.ParseBool: parsing \(quoted(text)): invalid syntax")
    }
  }

  private static func quoted(_ text: String) -> String { Quoting.quote(ByteString(text)) }
}
