import Foundation
import Support
import Testing

/// The page in a real browser: it loads without a script error and shows what is in the store.
@Suite struct PageTests {
  @Test func thePageLoadsInABrowserWithoutAScriptError() async throws {
    guard let chromium = installed("chromium") else {
      print("skipped: chromium is not installed (make test installs it)")
      return
    }
    let server = try ServerProcess()
    defer { server.remove() }
    let line = #"{"message":"pallet <b>lost</b>","level":"error","service":"odoo","tenant":"t1"}"#
    _ = try await server.call("POST", "/ingest/json", body: Data(line.utf8))
    _ = try await server.call(
      "POST", "/api/v1/deploys", body: Data(#"{"release":"17.0.42.0","tenants":["t1"]}"#.utf8))
    let page = try run(
      chromium,
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--user-data-dir=\(server.folder)/browser", "--virtual-time-budget=8000",
        "--enable-logging=stderr", "--v=0", "--dump-dom", server.http + "/",
      ])
    #expect(page.output.contains(#"data-ready="true""#))
    #expect(!page.output.contains("data-errors=\"") || page.output.contains(#"data-errors="""#))
    #expect(!page.output.contains("Uncaught"))
    #expect(!page.output.contains("Refused to"))
    #expect(page.output.contains("17.0.42.0"))
    #expect(page.output.contains("pallet &lt;b&gt;lost&lt;/b&gt;"))
  }
}
