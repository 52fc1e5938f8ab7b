public import Bytes

/// What a tenant may be called, and who may see which.
public enum Tenant {
  /// Where rows go that name no tenant; seen by fleet readers only.
  public static let platform: ByteString = "_platform"

  /// 1 to 63 of `A-Z a-z 0-9 . _ -`, not `.` or `..`.
  public static func isValid(_ name: Span<UInt8>) -> Bool {
    guard name.count >= 1, name.count <= 63 else { return false }
    var onlyDots = true
    for index in 0..<name.count {
      let byte = name[index]
      guard byte.isLetter || byte.isDigit || byte == 46 || byte == 95 || byte == 45 else {
        return false
      }
      if byte != 46 { onlyDots = false }
    }
    return !onlyDots
  }
}

/// Whose data a read sees.
public enum Scope: Hashable, Sendable {
  /// All tenants; answers carry a `tenant` label.
  case fleet
  /// One tenant; answers carry no `tenant` label of ours.
  case tenant(ByteString)

  /// Whether rows of the tenant are seen.
  public func sees(_ tenant: ByteString) -> Bool {
    switch self {
    case .fleet: true
    case .tenant(let name): name == tenant
    }
  }
}
