import Synchronization

/// Work divided among processors. It pays for parts of a tenth of a millisecond and more; no part
/// may wait for another.
package enum Parts {
  /// What `work` makes of each of `count` parts, in their order. Throws what the first of the parts
  /// that failed threw.
  package static func map<Result: Sendable, Failure: Error>(
    _ count: Int, _ work: @escaping @Sendable (Int) throws(Failure) -> Result
  ) throws(Failure) -> [Result] {
    guard count > 1 else { return count == 1 ? [try work(0)] : [] }
    let results = Results<Result, Failure>(count: count)
    Crew.shared.finish(
      DividedWork(count: count) { number in
        do throws(Failure) {
          results.set(.success(try work(number)), at: number)
        } catch {
          results.set(.failure(error), at: number)
        }
      })
    return try results.all
  }
}

extension Array where Element: Sendable {
  /// What `work` makes of each run of `size` elements, put together in their order. The runs do not
  /// depend on the number of processors, so that sums over them do not either. Throws what the
  /// first of the runs that failed threw.
  package func mapRuns<Result: Sendable, Failure: Error>(
    of size: Int, _ work: @escaping @Sendable (ArraySlice<Element>) throws(Failure) -> [Result]
  ) throws(Failure) -> [Result] {
    guard count > size else { return try work(self[...]) }
    let runs = try Parts.map((count + size - 1) / size) { number throws(Failure) in
      try work(self[(number * size)..<Swift.min(count, (number + 1) * size)])
    }
    var all: [Result] = []
    all.reserveCapacity(runs.reduce(0) { $0 + $1.count })
    for run in runs { all += run }
    return all
  }
}

/// What became of each part.
private final class Results<Result: Sendable, Failure: Error>: Sendable {
  private let parts: Mutex<[Swift.Result<Result, Failure>?]>

  init(count: Int) {
    parts = Mutex(.init(repeating: nil, count: count))
  }

  func set(_ result: Swift.Result<Result, Failure>, at number: Int) {
    parts.withLock { $0[number] = result }
  }

  /// All of them, in order.
  var all: [Result] {
    get throws(Failure) {
      let parts = parts.withLock { $0 }
      var all: [Result] = []
      all.reserveCapacity(parts.count)
      for case .some(let part) in parts { all.append(try part.get()) }
      return all
    }
  }
}
