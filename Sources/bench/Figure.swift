import Foundation

/// One measured number, with what it is held against.
struct Figure: Sendable {
  /// Which way is good.
  enum Better: String, Sendable {
    case lower
    case higher
  }

  /// What a number is divided by: another program's on the same input at the same time.
  struct Comparison: Sendable {
    let yardstick: String
    /// Its number, and ours, before the division.
    let value: Double
    let ours: Double
    let unit: String
  }

  let name: String
  let value: Double
  let unit: String
  /// What it must reach.
  let bar: Double?
  /// What it should reach.
  let goal: Double?
  let better: Better
  let comparison: Comparison?

  /// A number with a unit.
  init(
    _ name: String, _ value: Double, _ unit: String, bar: Double? = nil, goal: Double? = nil,
    better: Better = .lower
  ) {
    self.name = name
    self.value = value
    self.unit = unit
    self.bar = bar
    self.goal = goal
    self.better = better
    comparison = nil
  }

  /// How many times the yardstick's number ours is; lower is better.
  init(
    _ name: String, _ ours: Double, times value: Double, _ unit: String, of yardstick: String,
    bar: Double? = nil, goal: Double? = nil
  ) {
    self.name = name
    self.value = value > 0 ? ours / value : .infinity
    self.unit = "x"
    self.bar = bar
    self.goal = goal
    better = .lower
    comparison = Comparison(yardstick: yardstick, value: value, ours: ours, unit: unit)
  }

  /// Whether the bar is reached; nil without a bar.
  var passes: Bool? { bar.map(reaches) }

  /// Whether the goal is reached; nil without a goal.
  var reachesGoal: Bool? { goal.map(reaches) }

  private func reaches(_ mark: Double) -> Bool {
    better == .lower ? value <= mark : value >= mark
  }

  /// `goal`, `pass`, `miss`, or nothing where there is no bar.
  var verdict: String {
    if reachesGoal == true { return "goal" }
    switch passes {
    case true?: return "pass"
    case false?: return "MISS"
    case nil: return ""
    }
  }

  /// A number for people: three digits that mean something, thousands apart.
  static func text(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let decimals = value.magnitude >= 100 || value == value.rounded() ? 0 : value < 10 ? 3 : 1
    return value.formatted(
      .number.precision(.fractionLength(decimals)).locale(Locale(identifier: "en_US"))
        .grouping(.automatic))
  }
}
