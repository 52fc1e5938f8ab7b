public import Bytes

/// How severe a record is. Raw values are stored: never renumber.
public enum Level: UInt8, Sendable, Comparable, CaseIterable {
  case unknown = 0
  case trace = 1
  case debug = 2
  case info = 3
  case notice = 4
  case warning = 5
  case error = 6
  case critical = 7

  public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

  /// The lower-case name, as label values show it.
  public var name: ByteString {
    switch self {
    case .unknown: "unknown"
    case .trace: "trace"
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    case .critical: "critical"
    }
  }

  /// The name as Loki's `detected_level` has it.
  public var detectedName: ByteString {
    switch self {
    case .notice: "info"
    case .warning: "warn"
    default: name
    }
  }

  /// Reads the names that loggers, syslog and OpenTelemetry use, in any case; `unknown` for others.
  public init(parsing bytes: Span<UInt8>) {
    var lower: [UInt8] = []
    for index in 0..<Swift.min(bytes.count, 12) { lower.append(bytes[index].lowercased) }
    switch String(decoding: lower, as: UTF8.self) {
    case "trace", "trc", "finest": self = .trace
    case "debug", "dbg", "fine", "verbose": self = .debug
    case "info", "information", "informational", "inf", "log": self = .info
    case "notice": self = .notice
    case "warning", "warn", "wrn": self = .warning
    case "error", "err", "eror", "severe": self = .error
    case "critical", "crit", "fatal", "panic", "alert", "emergency", "emerg": self = .critical
    default: self = .unknown
    }
  }

  /// The level of a syslog severity, 0 (emergency) to 7 (debug) (RFC 5424, 6.2.1).
  public init(syslogSeverity severity: Int) {
    switch severity {
    case 0...2: self = .critical
    case 3: self = .error
    case 4: self = .warning
    case 5: self = .notice
    case 6: self = .info
    case 7: self = .debug
    default: self = .unknown
    }
  }
}
