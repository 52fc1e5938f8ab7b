/// The product depends on few packages, each for a reason that was agreed.
struct DependencyRule: TidyRule {
  private static let agreed: [String: String] = [
    "hummingbird": "HTTP server",
    "async-http-client": "outbound HTTP",
    "swift-nio": "byte buffers and event loops of the two above",
    "swift-http-types": "the header types of the HTTP server",
    "swift-service-lifecycle": "the HTTP server's start and stop",
    "swift-argument-parser": "the command line",
    "swift-log": "the logger the HTTP server asks for",
    "Yams": "YAML of rules and settings",
  ]

  let bad: [[String: String]] = [
    [
      "Package.swift":
        ".package(url: \"https://github.com/vapor/vapor\", from: \"4.0.0\"),"
    ]
  ]
  let good: [[String: String]] = [
    ["Package.swift": ".package(url: \"https://github.com/jpsim/Yams\", from: \"6.2.2\"),"]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    PackageMap(tree["Package.swift"]).packages.filter { Self.agreed[$0] == nil }.map { name in
      Complaint("Package.swift", "\(name) is not among the agreed packages: give its reason here")
    }
  }
}
