/// The page, from inside the binary: nothing of it comes from elsewhere.
enum PageRoutes {
  /// Everything the page needs is ours, so nothing else may run or load in it.
  private static let policy =
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"

  static var routes: [Route] {
    [
      asset("/", "text/html; charset=utf-8", PackageResources.index_html),
      asset("/assets/page.css", "text/css; charset=utf-8", PackageResources.page_css),
    ]
      + scripts.map { name, bytes in
        asset("/assets/" + name, "text/javascript; charset=utf-8", bytes)
      }
  }

  private static var scripts: [(name: String, bytes: [UInt8])] {
    [
      ("page.js", PackageResources.page_js), ("asking.js", PackageResources.asking_js),
      ("chart.js", PackageResources.chart_js), ("findings.js", PackageResources.findings_js),
      ("logs.js", PackageResources.logs_js), ("pieces.js", PackageResources.pieces_js),
      ("releases.js", PackageResources.releases_js),
    ]
  }

  private static func asset(_ path: String, _ type: String, _ bytes: [UInt8]) -> Route {
    Route(["GET"], path) { _ in
      var answer = HTTPAnswer(contentType: type, body: bytes)
      answer.headers = [
        ("Content-Security-Policy", policy), ("Cache-Control", "no-cache"),
        ("Referrer-Policy", "no-referrer"),
      ]
      return answer
    }
  }
}
