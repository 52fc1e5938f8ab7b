package import Foundation
import FoundationNetworking

/// A `plimsoll serve` of this build in a process of its own, on free loopback ports and a folder
/// of its own.
package final class ServerProcess: @unchecked Sendable {
  // Only the test that started it touches it.
  package let folder: String
  package private(set) var http = ""
  package private(set) var ports: [String: Int] = [:]
  /// A folder that was given is the giver's to remove.
  private let ownsFolder: Bool
  private let process = Process()
  private let output = Pipe()

  /// The program, beside the test binary.
  package static let program: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return (own as NSString).deletingLastPathComponent + "/plimsoll"
  }()

  /// Starts it and waits until it says where it listens. `folder` is made when nil.
  package init(
    folder: String? = nil, rules: String? = nil, arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws {
    ownsFolder = folder == nil
    self.folder =
      folder ?? NSTemporaryDirectory() + "/plimsoll-test-" + UUID().uuidString.lowercased()
    try FileManager.default.createDirectory(
      atPath: self.folder, withIntermediateDirectories: true)
    let emptyRules = self.folder + "/no-rules"
    try FileManager.default.createDirectory(
      atPath: emptyRules, withIntermediateDirectories: true)
    process.executableURL = URL(fileURLWithPath: Self.program)
    process.arguments =
      [
        "serve", "--data", self.folder + "/data", "--rules", rules ?? emptyRules, "--http",
        "127.0.0.1:0", "--udp-lines", "127.0.0.1:0", "--udp-syslog", "127.0.0.1:0",
        "--udp-statsd", "127.0.0.1:0",
      ] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    try readAddresses()
  }

  /// Lines are `listening http 127.0.0.1:9480`, the last of them `ready`.
  private func readAddresses() throws {
    var text = ""
    while !text.contains("\nready\n") {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw Failure("the server ended: \(text)") }
      text += String(decoding: more, as: UTF8.self)
    }
    for line in text.split(separator: "\n") where line.hasPrefix("listening ") {
      let parts = line.split(separator: " ")
      guard parts.count == 3, let port = Int(parts[2].split(separator: ":").last ?? "") else {
        continue
      }
      ports[String(parts[1])] = port
      if parts[1] == "http" { http = "http://\(parts[2])" }
    }
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
  }

  package var isRunning: Bool { process.isRunning }
  package var identifier: Int32 { process.processIdentifier }

  /// Ends it at once, as a power cut would for the process.
  package func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks it to end and returns its status.
  @discardableResult
  package func stop() -> Int32 {
    Foundation.kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    return process.terminationStatus
  }

  package func signal(_ number: Int32) {
    Foundation.kill(process.processIdentifier, number)
  }

  package func remove() {
    if process.isRunning { kill() }
    if ownsFolder { try? FileManager.default.removeItem(atPath: folder) }
  }

  deinit {
    remove()
  }

  /// One request; the status and the body.
  package func call(
    _ method: String, _ path: String, body: Data? = nil, headers: [String: String] = [:]
  ) async throws -> (status: Int, text: String) {
    guard let url = URL(string: http + path) else { throw Failure("bad path \(path)") }
    var request = URLRequest(url: url, timeoutInterval: 60)
    request.httpMethod = method
    request.httpBody = body
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
  }

  /// Asks until `accept` is happy with the body, or fails after `seconds`. There is no other way
  /// to wait for what another process shows; it returns as soon as it is there.
  package func wait(
    _ path: String, seconds: Double = 180, accept: (String) -> Bool
  ) async throws -> String {
    let end = Date().addingTimeInterval(seconds)
    var last = ""
    while Date() < end {
      last = (try? await call("GET", path).text) ?? ""
      if accept(last) { return last }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Failure("\(path) never came: \(last.prefix(2_000))")
  }

  /// Sends one datagram.
  package func send(_ text: String, to listener: String) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(ports[listener] ?? 0)).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let bytes = Array(text.utf8)
    let sent = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard sent == bytes.count else { throw Failure("datagram not sent") }
  }
}

/// Runs a program to its end.
package func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:]
) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: program)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

/// The full path of a program when it is installed.
package func installed(_ name: String) -> String? {
  ["/usr/bin/", "/usr/local/bin/", "/bin/"].map { $0 + name }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}
