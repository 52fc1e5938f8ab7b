import Bytes

/// What the two APIs tell of the program's version.
enum BuildAnswer {
  static let version = "0.1.0"

  static var prometheus: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("status")
      json.string("success")
      json.key("data")
      write(&json)
    }
    return json.bytes
  }

  static var loki: [UInt8] {
    var json = JSONWriter()
    write(&json)
    return json.bytes
  }

  private static func write(_ json: inout JSONWriter) {
    json.object { json in
      for (name, value) in [
        ("version", version), ("revision", ""), ("branch", ""), ("buildUser", ""),
        ("buildDate", ""), ("goVersion", ""),
      ] {
        json.key(name)
        json.string(value)
      }
    }
  }
}
