/// What a program spent on a load.
struct Cost: Sendable {
  /// User and system, of the process since it began.
  var cpuSeconds = 0.0
  /// The kernel's part of it.
  var systemSeconds = 0.0
  /// The most memory it held at once.
  var peakBytes = 0.0
  /// Disk its folder takes, in whole blocks of the file system.
  var diskBytes = 0.0
  /// Lengths of its files added up.
  var fileBytes = 0.0
  /// From the first byte sent to the last answer, on the wall.
  var loadSeconds = 0.0
  /// What 99 of 100 requests were answered in.
  var slowAnswerSeconds = 0.0

  /// The median of each part apart.
  static func median(_ costs: [Cost]) -> Cost {
    var middle = Cost()
    for part in [
      \Cost.cpuSeconds, \.systemSeconds, \.peakBytes, \.diskBytes, \.fileBytes, \.loadSeconds,
      \.slowAnswerSeconds,
    ] {
      middle[keyPath: part] = costs.map { $0[keyPath: part] }.median
    }
    return middle
  }
}

extension [Double] {
  /// The middle one, or the mean of the two in the middle; 0 of none.
  var median: Double {
    guard !isEmpty else { return 0 }
    let ordered = sorted()
    return (ordered[count / 2] + ordered[(count - 1) / 2]) / 2
  }
}
