import Dividing
import Synchronization
import Testing

/// Divided work: each part once, in order, and what fails is told.
struct PartsTests {
  private struct Refusal: Error, Equatable {
    let part: Int
  }

  @Test(arguments: [0, 1, 2, 7, 1_000]) func eachPartIsDoneOnce(count: Int) {
    let times = Mutex([Int](repeating: 0, count: count))
    let squares = Parts.map(count) { part in
      times.withLock { $0[part] += 1 }
      return part * part
    }
    #expect(squares == (0..<count).map { $0 * $0 })
    #expect(times.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test func theFirstOfThePartsThatFailIsTold() {
    #expect(throws: Refusal(part: 3)) {
      try Parts.map(100) { part throws(Refusal) in
        if part % 10 == 3 { throw Refusal(part: part) }
        return part
      }
    }
  }

  @Test func runsArePutTogetherInOrder() {
    let numbers = Array(0..<1_001)
    #expect(numbers.mapRuns(of: 100) { $0.map { $0 + 1 } } == numbers.map { $0 + 1 })
    // A part may leave elements out, or make more of them.
    #expect(
      numbers.mapRuns(of: 7) { $0.flatMap { $0 % 2 == 0 ? [$0, $0] : [] } }
        == numbers.flatMap { $0 % 2 == 0 ? [$0, $0] : [] })
    #expect([Int]().mapRuns(of: 7) { Array($0) } == [])
  }

  /// Work that is divided further, by more threads than there are to help.
  @Test func dividedWorkMayBeDividedFurther() {
    let sums = Parts.map(20) { outer in
      Parts.map(20) { inner in outer * inner }.reduce(0, +)
    }
    #expect(sums == (0..<20).map { $0 * 190 })
  }
}
