// swift-tools-version: 6.2
// The map of the house: rooms in the order the data flows, and what each may see.
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
  // Hot loops call across rooms: what is small and public there is inlined, and `bench run logs`
  // takes a tenth less. Package symbols never are, so those of Bytes, Model and Packing are public.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// One room of the house: a module and what it may see.
func room(
  _ name: String, sees: [Target.Dependency] = [], embeds: [Resource] = [], without: [String] = []
) -> Target {
  .target(
    name: name, dependencies: sees, exclude: without, resources: embeds, swiftSettings: strict)
}

/// A C library of the system, installed as a Debian package, or a header of our own, which is
/// compiled into whoever calls it.
func system(_ name: String, _ package: String? = nil) -> Target {
  .systemLibrary(name: name, providers: package.map { [.apt([$0])] })
}

/// The tests of one room.
func tests(_ room: String, sees: [Target.Dependency]) -> Target {
  .testTarget(name: room + "Tests", dependencies: sees + ["Support"], swiftSettings: strict)
}

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(
  name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let arguments: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "plimsoll",
  products: [.executable(name: "plimsoll", targets: ["plimsoll"])],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Words.
    room("Bytes", sees: ["CProcessor"]),
    room("Dividing"),
    room("Model", sees: ["Bytes"]),
    room("Templating", sees: ["Bytes", "Model"]),

    // Ingest, pushed by the wire.
    room("Packing", sees: ["CLZ4", "CZlib", "CSnappy", "CXXHash", "CZstd"]),
    room("Receiving", sees: ["Model", "CSockets"]),
    room("Decoding", sees: ["Bytes", "Model", "Packing"]),
    room("Tagging", sees: ["Bytes", "Model"]),

    // Where the two loops meet.
    room(
      "Storing", sees: ["Bytes", "Dividing", "Model", "Packing", "CProcessor", "CSQLite"],
      without: ["FORMAT.md"]),

    // Watch, pulled by the clock.
    room("Querying", sees: ["Bytes", "Dividing", "Model", "Templating", "CRE2"]),
    room("Judging", sees: ["Bytes", "Model", "Querying", yams]),
    room("Alerting", sees: ["Bytes", "Model", "Templating", "Querying", "Judging"]),
    room("Notifying", sees: ["Bytes", "Model"]),

    // Doors and wiring.
    room(
      "Serving",
      sees: [
        "Bytes", "Model", "Packing", "Storing", "Querying", "Judging", hummingbird, nioCore,
        hummingbirdCore, httpTypes, logging, lifecycle, nioHTTP, nioWebSocket,
      ],
      embeds: [.embedInCode("Assets")]),
    room("Simulating", sees: ["Bytes", "Model", "Packing"]),
    room(
      "Running",
      sees: [
        "Bytes", "Model", "Packing", "Receiving", "Decoding", "Tagging", "Storing", "Querying",
        "Judging", "Alerting", "Notifying", "Serving", "Simulating", "CMalloc", httpClient,
        nioCore, nioHTTP, logging,
      ]),

    // Programs.
    .executableTarget(
      name: "plimsoll",
      dependencies: [
        "Bytes", "Simulating", "Running", arguments,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "bench",
      dependencies: [
        "Bytes", "Model", "Packing", "Decoding", "Tagging", "Storing", arguments,
      ],
      swiftSettings: strict),

    // Tests mirror the rooms; Support holds what they share.
    .target(
      name: "Support", dependencies: ["Bytes", "Model", "Packing", "Querying"],
      path: "Tests/Support", swiftSettings: strict),
    tests("Bytes", sees: ["Bytes"]),
    tests("Dividing", sees: ["Dividing"]),
    tests("Model", sees: ["Bytes", "Model"]),
    tests("Templating", sees: ["Bytes", "Model", "Templating"]),
    tests("Packing", sees: ["Packing"]),
    tests("Receiving", sees: ["Bytes", "Receiving"]),
    tests("Decoding", sees: ["Bytes", "Model", "Packing", "Decoding"]),
    tests("Tagging", sees: ["Bytes", "Model", "Tagging"]),
    tests("Storing", sees: ["Bytes", "Model", "Packing", "Storing"]),
    tests("Querying", sees: ["Bytes", "Model", "Querying"]),
    tests("Judging", sees: ["Bytes", "Model", "Querying", "Judging"]),
    tests(
      "Alerting", sees: ["Bytes", "Model", "Templating", "Querying", "Judging", "Alerting"]),
    tests("Notifying", sees: ["Bytes", "Model", "Notifying"]),
    tests("Simulating", sees: ["Bytes", "Model", "Packing", "Simulating"]),
    tests("Running", sees: ["Bytes", "Storing", "Running", "plimsoll"]),
    tests("plimsoll", sees: ["Bytes", "plimsoll"]),
    tests(
      "Pipeline",
      sees: [
        "Bytes", "Model", "Decoding", "Tagging", "Storing", "Querying", "Alerting", "Simulating",
        "Running",
      ]),
    tests("Conformance", sees: ["Bytes", "Model", "Querying", "plimsoll"]),
    tests("Page", sees: []),
    tests("House", sees: []),

    // Libraries of the system, and shims of our own.
    .target(name: "CSockets"),
    system("CProcessor"),
    system("CLZ4", "liblz4-dev"),
    system("CZlib", "zlib1g-dev"),
    system("CSnappy", "libsnappy-dev"),
    system("CXXHash", "libxxhash-dev"),
    system("CZstd", "libzstd-dev"),
    system("CMalloc", "libc6-dev"),
    system("CSQLite", "libsqlite3-dev"),
    .target(
      name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
  ],
  cxxLanguageStandard: .cxx17
)
