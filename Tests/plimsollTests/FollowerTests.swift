import Bytes
import Support
import Testing
import plimsoll

/// Following: each line once, also when it comes late, in bursts, or twice for real.
@Suite struct FollowerTests {
  private static let second: Int64 = 1_000_000_000

  /// A log that lines come to, and what a follower of it told.
  private struct World {
    var stored: [ShownLine] = []
    var told: [ShownLine] = []
    var follower: LineFollower
    var now: Int64 = 1_000 * FollowerTests.second

    init() {
      follower = LineFollower(from: 0, newest: nil)
    }

    mutating func store(_ text: String, age seconds: Double) throws {
      let time = now - Int64(seconds * 1e9)
      let json = #"{"data":{"result":[{"stream":{},"values":[["\#(time)","\#(text)"]]}]}}"#
      stored += ShownLine.all(in: try JSONValue(parsing: Array(json.utf8)))
    }

    mutating func ask() {
      repeat {
        let from = follower.from
        let page = stored.filter { $0.time >= from }
          .sorted { ($0.time, $0.text.text) < ($1.time, $1.text.text) }
          .prefix(LineFollower.page)
        told += follower.take(Array(page), now: now)
      } while follower.isBehind
    }
  }

  private static func counts(_ lines: [ShownLine]) -> [ShownLine: Int] {
    Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
  }

  @Test(arguments: 0..<20)
  func everyLineIsToldOnce(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var world = World()
    for round in 0..<60 {
      world.now += Int64.random(in: 0...3 * Self.second, using: &random)
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        // Some are the same line again, some are late, some are ahead.
        let age = Double.random(in: -2...7, using: &random)
        try world.store("line \(Int.random(in: 0...3, using: &random)) of \(round / 5)", age: age)
      }
      if Bool.random(using: &random) { world.ask() }
    }
    world.ask()
    #expect(Self.counts(world.told) == Self.counts(world.stored))
  }

  @Test func theSameLineTwiceIsTwoLines() throws {
    var world = World()
    try world.store("again", age: 1)
    world.ask()
    try world.store("again", age: 1)
    world.ask()
    world.ask()
    #expect(world.told.count == 2)
  }

  @Test func aBurstIsToldPageByPage() throws {
    var world = World()
    for number in 0..<12_000 { try world.store("\(number)", age: Double(12_000 - number) / 9_000) }
    world.ask()
    world.ask()
    #expect(Self.counts(world.told) == Self.counts(world.stored))
  }

  @Test func whatWasThereIsNotTold() throws {
    var world = World()
    for number in 0..<30 { try world.store("old \(number)", age: Double(number)) }
    let newest = world.stored.max { $0.time < $1.time }
    world.follower = LineFollower(from: 0, newest: newest)
    let from = world.follower.from
    world.follower.know(world.stored.filter { $0.time >= from })
    // The server's clock may be an hour behind ours.
    world.now += 3_600 * Self.second
    world.ask()
    #expect(world.told.isEmpty)
    world.now -= 3_599 * Self.second
    try world.store("new", age: 0)
    try world.store("late", age: 9)
    world.ask()
    #expect(Set(world.told.map(\.text)) == ["new", "late"])
  }
}
