import Foundation
import Support
import Testing

/// The page as text: safe by construction, complete, and readable for everybody. How it behaves in
/// a browser is tested with the running server.
@Suite struct PageAssetTests {
  private static let folder = Fixture.root + "/Sources/Serving/Assets"

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  private static func names(_ suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(suffix) }.sorted()
  }

  private static func asset(_ name: String) throws -> String { try text(folder + "/" + name) }

  private static func allScripts() throws -> String {
    try names(".js").map(asset).joined(separator: "\n")
  }

  @Test func everyAssetIsServed() throws {
    let routes = try Self.text(Fixture.root + "/Sources/Serving/PageRoutes.swift")
    for name in try Self.names("") {
      let symbol = "PackageResources." + name.replacing(".", with: "_")
      #expect(routes.contains(symbol), "\(name) is embedded and not served")
    }
  }

  @Test func everyImportIsAnAssetAndEveryAssetIsImported() throws {
    let names = Set(try Self.names(".js"))
    var imported: Set = ["page.js"]
    for name in names {
      for match in try Self.asset(name).matches(of: #/from "\./([a-z]+\.js)"/#) {
        #expect(names.contains(String(match.1)), "\(name) imports \(match.1)")
        imported.insert(String(match.1))
      }
    }
    #expect(imported == names)
  }

  /// Log lines are hostile: they may become text, never markup or code.
  @Test func nothingBecomesMarkupOrCode() throws {
    let scripts = try Self.allScripts()
    for banned in [
      "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
      "createContextualFragment", "DOMParser", "srcdoc", "javascript:",
    ] {
      #expect(!scripts.contains(banned), "\(banned)")
    }
    let page = try Self.asset("index.html")
    #expect(page.firstMatch(of: #/\s(on[a-z]+|style)\s*=/#) == nil, "inline script or style")
    #expect(page.matches(of: #/<script/#).count == 1)
    #expect(page.contains(#"<script type="module" src="/assets/page.js"></script>"#))
    #expect(!page.contains("<style"))
  }

  @Test func nothingComesFromElsewhere() throws {
    for name in try Self.names("") {
      let text = try Self.asset(name)
      for match in text.matches(of: #/https?://[^\s"')]+/#) {
        #expect(match.0.hasPrefix("http://www.w3.org/"), "\(name): \(match.0)")
      }
      #expect(!text.contains("@import"))
    }
  }

  @Test func everythingScriptsLookForIsThere() throws {
    let page = try Self.asset("index.html")
    let scripts = try Self.allScripts()
    var wanted = scripts.matches(of: #/find\(["'`]#([a-z-]+)/#).map { String($0.1) }
    wanted += scripts.matches(of: #/new Panel\("([a-z]+)"/#).map { String($0.1) }
    #expect(wanted.count > 10)
    for id in Set(wanted) { #expect(page.contains("id=\"\(id)\""), "#\(id)") }
  }

  @Test func everyControlHasALabel() throws {
    let page = try Self.asset("index.html")
    #expect(page.contains("<html lang=\"en\">"))
    #expect(page.contains("name=\"viewport\""))
    #expect(page.matches(of: #/<h1/#).count == 1)
    for match in page.matches(of: #/<(input|select)\s[^>]*>/#) {
      let id = match.0.firstMatch(of: #/id="([a-z]+)"/#).map { String($0.1) }
      let isLabelled = id.map { page.contains("for=\"\($0)\"") } ?? false
      let isInsideLabel =
        page[..<match.range.lowerBound].hasSuffix(">")
        && page[..<match.range.lowerBound].range(of: "<label", options: .backwards).map { label in
          !page[label.lowerBound..<match.range.lowerBound].contains("</label>")
        } == true
      #expect(isLabelled || isInsideLabel, "\(match.0)")
    }
    for match in page.matches(of: #/aria-labelledby="([a-z-]+)"/#) {
      #expect(page.contains("id=\"\(match.1)\""))
    }
  }

  @Test func everyColourIsDefinedInBothLights() throws {
    let styles = try Self.asset("page.css")
    let (day, night) = try #require(Self.themes(styles))
    #expect(Set(day.keys) == Set(night.keys))
    for match in styles.matches(of: #/var\(--([a-z0-9-]+)\)/#) {
      #expect(styles.contains("  --\(match.1): "), "--\(match.1)")
    }
  }

  /// WCAG 2.1, 1.4.3: text against its ground at least 4.5 to 1; 1.4.11: graphics 3 to 1.
  @Test func textAndBarsStandOut() throws {
    let (day, night) = try #require(Self.themes(Self.asset("page.css")))
    let texts = [
      ("ink", "card"), ("ink", "paper"), ("ink", "track"), ("faint", "card"), ("faint", "paper"),
      ("accent", "card"), ("bad", "card"), ("bad", "bad-back"), ("odd", "odd-back"),
      ("calm", "calm-back"), ("ink", "bad-back"), ("faint", "bad-back"), ("faint", "track"),
    ]
    for (theme, name) in [(day, "day"), (night, "night")] {
      for (front, back) in texts {
        let ratio = Self.contrast(theme[front] ?? "", theme[back] ?? "")
        #expect(ratio >= 4.5, "\(front) on \(back) by \(name): \(ratio)")
      }
      for tone in 0..<6 {
        let ratio = Self.contrast(theme["tone\(tone)"] ?? "", theme["card"] ?? "")
        #expect(ratio >= 3, "tone\(tone) by \(name): \(ratio)")
      }
    }
  }

  /// The colours of `:root` by day, and by night, where those of the day hold unless replaced.
  private static func themes(_ styles: String) -> ([String: String], [String: String])? {
    let parts = styles.split(separator: ":root {").dropFirst().map { block in
      block.prefix { $0 != "}" }.matches(of: #/--([a-z0-9-]+): (#[0-9a-f]{6})/#)
    }
    guard parts.count == 2 else { return nil }
    let themes = parts.map { matches in
      Dictionary(matches.map { (String($0.1), String($0.2)) }) { first, _ in first }
    }
    return (themes[0], themes[1])
  }

  private static func contrast(_ one: String, _ other: String) -> Double {
    let (first, second) = (luminance(one), luminance(other))
    return (max(first, second) + 0.05) / (min(first, second) + 0.05)
  }

  /// Relative luminance of `#rrggbb` (WCAG 2.1).
  private static func luminance(_ colour: String) -> Double {
    let number = Int(colour.dropFirst(), radix: 16) ?? 0
    let parts = [16, 8, 0].map { shift -> Double in
      let part = Double((number >> shift) & 255) / 255
      return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
  }
}
