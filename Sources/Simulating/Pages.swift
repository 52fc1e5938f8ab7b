import Bytes

extension Fleet {
  private static let reads = [
    "stock.picking/web_search_read", "product.product/web_read", "sale.order/web_search_read",
    "stock.quant/web_read_group", "stock.move.line/web_save",
  ]
  private static let files = [
    "/web/static/img/odoo-icon-ios.png", "/web/static/src/img/form_sheetbg.png",
    "/web/static/src/libs/fontawesome/fonts/fontawesome-webfont.woff2",
  ]

  /// One request of a person's browser, or of a client of the external API.
  mutating func openPage(_ place: Int, at time: Int64) {
    let tenant = plan.tenants[place].name
    let dialect = host(of: place).dialect
    let effort = effort(place, median: 0.09, queries: 28, at: time)
    var request = Request(
      client: client(place), session: states[place].dice.digest(8), target: "",
      size: String(states[place].dice.whole(300, 9_000)), queries: effort.queries,
      queryTime: effort.queryTime, otherTime: effort.otherTime, cursor: "ro")
    switch states[place].dice.whole(0, 99) {
    case 0..<66:
      let method = states[place].dice.choose(Self.reads)
      request.target = call(method, dialect)
      if method.hasSuffix("web_save") { request.cursor = "rw" }
    case 66..<76:
      request.target = call("sale.order/action_confirm", dialect)
      request.cursor = states[place].dice.isBelow(0.1) ? "ro->rw" : "rw"
    case 76..<86: request.target = "/web/action/load"
    case 86..<93:
      request.target = externalCall(dialect)
      request.session = "-"
      request.cursor = "rw"
    case 93..<97:
      request.method = "GET"
      let partner = states[place].dice.whole(3, 900)
      request.target = "/web/image/res.partner/\(partner)/avatar_128?unique=1773779145000"
      if dialect == .odoo20 { request.size = "stream" }
    case 97:
      request.target = "/web/login"
      request.status = 303
      request.cursor = "rw"
    default:
      request.method = "GET"
      request.target = "/odoo"
    }
    var writer = workerWriter(place, begin: time, at: time + span(request.duration))
    writer.access(request)
    self.time("odoo.http.request.\(tenant).prod", request.duration, at: writer.time)
    enqueue(writer)
  }

  /// A file or the health check: the database is not known then.
  mutating func fetchFile(_ place: Int, at time: Int64) {
    var request = Request(
      client: client(place), method: "GET", target: states[place].dice.choose(Self.files),
      size: "0", queries: 0, queryTime: 0,
      otherTime: Double(states[place].dice.whole(1, 9)) / 1_000)
    if states[place].dice.isBelow(0.4) {
      request.client = "10.42.0.1"
      request.target = "/web/health"
      request.size = "18"
    } else if states[place].dice.isBelow(0.7) {
      request.status = 304
    }
    let worker = states[place].dice.whole(0, Pool.workers - 1)
    var writer = OdooWriter(
      host: host(of: place), pid: pool(of: place, at: time).worker(worker), database: nil,
      time: time)
    writer.access(request)
    enqueue(writer)
  }

  /// The path of a model's method; from Odoo 19 on it is repeated as a fragment.
  private func call(_ method: String, _ dialect: Dialect) -> String {
    let path = "/web/dataset/call_kw/\(method)"
    guard dialect != .odoo18 else { return path }
    return path + "#" + method.split(separator: "/").joined(separator: ".")
  }

  private func externalCall(_ dialect: Dialect) -> String {
    switch dialect {
    case .odoo18: "/jsonrpc"
    case .odoo19: "/jsonrpc#sale.order.create"
    case .odoo20: "/json/2/sale.order/create"
    }
  }
}
