import Bytes

extension Fleet {
  /// One press of "Validate" on a picking. The access line says 200 whatever happens; a failure is
  /// the traceback before it, a refusal to the user the warning before it.
  mutating func validatePicking(_ place: Int, at time: Int64) {
    let tenant = plan.tenants[place].name
    let (fails, defect) = outcome(of: .picking, place, at: time)
    let effort = effort(place, median: fails ? 0.3 : 0.9, queries: fails ? 140 : 640, at: time)
    let took = effort.queryTime + effort.otherTime
    var writer = workerWriter(place, begin: time, at: time + span(took))
    if fails {
      failValidation(defect ?? usualFailure(place), &writer)
    } else if states[place].dice.isBelow(0.01) {
      writer.record("WARNING", "odoo.http", refusal(place))
      writer.wait(milliseconds: 3)
    }
    let path = "/web/dataset/call_button/stock.picking/button_validate"
    let mark = host(of: place).dialect == .odoo18 ? "" : "#stock.picking.button_validate"
    writer.access(
      Request(
        client: client(place), session: states[place].dice.digest(8), target: path + mark,
        size: fails ? "1893" : "214", queries: effort.queries, queryTime: effort.queryTime,
        otherTime: effort.otherTime, cursor: "rw"))
    self.time("odoo.http.request.\(tenant).prod", took, at: writer.time)
    self.time(
      "odoo.http.button.\(tenant).prod.stock_picking.button_validate", took, at: writer.time)
    enqueue(writer)
  }

  private mutating func usualFailure(_ place: Int) -> DefectKind {
    states[place].dice.isBelow(0.5) ? .pickingKeyError : .pickingAttributeError
  }

  private func failValidation(_ kind: DefectKind, _ writer: inout OdooWriter) {
    var failure = Tracebacks.validateKeyError
    if kind == .pickingAttributeError { failure = Tracebacks.validateAttributeError }
    if kind == .pickingUndefinedColumn {
      failure = Tracebacks.validateUndefinedColumn
      let columns = ["id", "name", "x_carrier_slot"].map { "\"stock_picking\".\"\($0)\"" }
      writer.record(
        "ERROR", "odoo.sql_db",
        "bad query: SELECT \(columns.joined(separator: ", ")) FROM \"stock_picking\" "
          + "WHERE (\"stock_picking\".\"id\" IN (1, 2, 3))\nERROR: \(Tracebacks.undefinedColumn)")
      writer.wait(milliseconds: 2)
    }
    writer.record(
      "ERROR", "odoo.http", "Exception during request handling.",
      traceback: Tracebacks.header + "\n" + failure)
    writer.wait(milliseconds: 3)
  }

  /// What a user is told who may not validate.
  mutating func refusal(_ place: Int) -> String {
    let number = states[place].dice.whole(1_000, 9_999)
    if plan.tenants[place].isGerman {
      return "Sie können nicht mehr Einheiten von [WH-\(number)] freigeben, "
        + "als Sie auf Lager haben."
    }
    if states[place].dice.isBelow(0.5) {
      return "It is not possible to unreserve more products of [WH-\(number)] Pallet wrap "
        + "than you have in stock."
    }
    return "You cannot validate a transfer if no quantities are reserved nor done. "
      + "To force the transfer, encode quantities."
  }

  /// An address of the tenant's people (RFC 5737 documentation range).
  mutating func client(_ place: Int) -> String {
    "198.51.100.\(1 + (place * 17 + states[place].dice.whole(0, 5)) % 250)"
  }
}
