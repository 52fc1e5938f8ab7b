import Alerting
import Bytes
import Model
import Support
import Testing

/// How one alert goes on, for every state, every outcome of its expression, and a restart anywhere.
@Suite struct AlertStateTests {
  /// A rule's two durations in seconds.
  struct Setting: Sendable {
    let hold: Int64
    let keep: Int64

    var rule: String {
      "{alert: A, expr: signal > 0, for: \(hold)s, keep_firing_for: \(keep)s}"
    }
  }

  /// Steps 15 s apart, what state follows each (`p` pending, `F` firing, `-` neither), and what is
  /// told (`!` fires, `r` is over, `.` nothing).
  struct Script: Sendable {
    let setting: Setting
    let steps: String
    let states: String
    let told: String

    init(hold: Int64, keep: Int64, _ steps: String, _ states: String, _ told: String) {
      setting = Setting(hold: hold, keep: keep)
      self.steps = steps
      self.states = states
      self.told = told
    }
  }

  private static let scripts: [Script] = [
    Script(hold: 0, keep: 0, "nfhhfhnnfhfn", "--FFFF---FF-", "..!...r..!.r"),
    Script(hold: 30, keep: 0, "hhhhn", "ppFF-", "..!.r"),
    Script(hold: 30, keep: 0, "hhnhhhn", "pp-ppF-", ".....!r"),
    Script(hold: 30, keep: 0, "fhfhfn", "-ppFF-", "...!.r"),
    Script(hold: 30, keep: 0, "hfffffn", "pppppp-", "......."),
    Script(hold: 0, keep: 60, "hnnnnnn", "FFFFF--", "!....r."),
    Script(hold: 0, keep: 60, "hnnhnnnnn", "FFFFFFFF-", "!.......r"),
    Script(hold: 0, keep: 60, "hnffffn", "FFFFFF-", "!.....r"),
    Script(hold: 0, keep: 60, "hnfffffh", "FFFFFFFF", "!......."),
    Script(hold: 30, keep: 60, "hnhhhnnnnnhhh", "p-ppFFFFF-ppF", "....!....r..!"),
  ]

  private static func letter(_ alerts: [ActiveAlert]) -> Character {
    alerts.isEmpty ? "-" : alerts.contains { $0.state == .firing } ? "F" : "p"
  }

  private static func letter(_ outcome: GroupEvaluation) -> Character {
    guard let due = outcome.due.first else { return "." }
    return outcome.due.count > 1 ? "?" : due.state == .firing ? "!" : "r"
  }

  @Test(arguments: scripts, [false, true])
  func follows(_ script: Script, restartsEachTime: Bool) throws {
    var world = try AlertingWorld(script.setting.rule)
    var (states, told) = ("", "")
    for (number, letter) in script.steps.enumerated() {
      let step = try #require(Step(rawValue: letter))
      step.apply(to: world.source)
      let outcome = world.evaluate(after: Int64(number) * 15)
      #expect(outcome.failures.isEmpty == (step != .fails))
      states.append(Self.letter(world.alerts))
      told.append(Self.letter(outcome))
      if restartsEachTime { world.restart() }
    }
    #expect(states == script.states && told == script.told)
  }

  /// What Prometheus' documentation promises, worked out from the whole history each time.
  private static func expected(_ history: [Step], _ setting: Setting, every: Int64) -> Character {
    var heldSince: Int64?
    var brokenSince: Int64?
    var isFiring = false
    for (number, step) in history.enumerated() where step != .fails {
      let now = Int64(number) * every
      if step == .holds {
        brokenSince = nil
        heldSince = heldSince ?? now
        isFiring = isFiring || now - (heldSince ?? now) >= setting.hold
      } else {
        brokenSince = brokenSince ?? now
        let isKept = isFiring && now - (brokenSince ?? now) < setting.keep
        if !isKept {
          isFiring = false
          heldSince = nil
        }
      }
    }
    return isFiring ? "F" : heldSince == nil ? "-" : "p"
  }

  /// Every history of six steps 30 s apart; a second book dies after every step.
  @Test(arguments: [
    Setting(hold: 0, keep: 0), Setting(hold: 30, keep: 0), Setting(hold: 0, keep: 60),
    Setting(hold: 30, keep: 60),
  ])
  func allHistories(_ setting: Setting) throws {
    let world = try AlertingWorld(setting.rule)
    let count = Self.walk([], setting, steady: world, restarted: world)
    #expect(count == 3 + 9 + 27 + 81 + 243 + 729)
  }

  /// Goes on from a history in every way; returns how many histories were judged.
  private static func walk(
    _ history: [Step], _ setting: Setting, steady: AlertingWorld, restarted: AlertingWorld
  ) -> Int {
    guard history.count < 6 else { return 0 }
    var count = 0
    for step in Step.allCases {
      var (steady, restarted) = (steady, restarted)
      let now = Int64(history.count) * 30
      step.apply(to: steady.source)
      let outcome = steady.evaluate(after: now)
      let again = restarted.evaluate(after: now)
      let steps = history + [step]
      #expect(
        letter(steady.alerts) == expected(steps, setting, every: 30), "\(setting): \(steps)")
      #expect(
        steady.alerts == restarted.alerts && outcome.due == again.due
          && steady.rows == restarted.rows, "\(setting): \(steps)")
      restarted.restart()
      count += 1 + walk(steps, setting, steady: steady, restarted: restarted)
    }
    return count
  }

  /// Three alerts over 200 random steps: a book that dies now and then cannot be told from one
  /// that never does.
  @Test func restartsGoUnnoticed() throws {
    var restarts = 0
    for seed in 0..<50 as Range<UInt64> {
      var random = SeededGenerator(seed: seed)
      let setting = Setting(
        hold: [0, 30, 300].randomElement(using: &random) ?? 0,
        keep: [0, 60, 600].randomElement(using: &random) ?? 0)
      var steady = try AlertingWorld(setting.rule)
      var restarted = steady
      var now: Int64 = 0
      for _ in 0..<200 {
        var parts: [String: Double] = [:]
        for (part, value) in [("a", 1.5), ("b", 2), ("c", .infinity)]
        where Int.random(in: 0..<3, using: &random) > 0 { parts[part] = value }
        steady.source.hold("signal", parts)
        if Int.random(in: 0..<10, using: &random) == 0 { steady.source.fail() }
        let isLong = Int.random(in: 0..<50, using: &random) == 0
        now += Int64.random(in: isLong ? 800...20_000 : 5...60, using: &random)
        if Int.random(in: 0..<8, using: &random) == 0 {
          restarted.restart()
          restarts += 1
        }
        let outcome = steady.evaluate(after: now)
        let again = restarted.evaluate(after: now)
        func sorted(_ alerts: [ActiveAlert]) -> [ActiveAlert] {
          alerts.sorted { $0.labels < $1.labels }
        }
        #expect(steady.alerts == restarted.alerts, "seed \(seed) at \(now)")
        #expect(sorted(outcome.due) == sorted(again.due), "seed \(seed) at \(now)")
        #expect(steady.rows == restarted.rows, "seed \(seed) at \(now)")
        #expect(steady.book.firingCount == restarted.book.firingCount)
      }
    }
    #expect(restarts > 500)
  }
}
