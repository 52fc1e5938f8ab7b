import Bytes
import Foundation
import Model
import Querying
import Running
import Storing
import Support
import Testing

/// Batches as they came in.
private struct BatchSource: Source {
  var batches: [Batch]
  var timeline: Timeline
  var tenants: [ByteString] { [] }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] { [] }

  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    for batch in batches { if try !visit(batch) { return } }
  }
}

/// A slow, obvious evaluator beside the real one: seeded records, seeded queries, equal answers
/// from memory, from the unsealed tail of a store, from blocks beside a tail, and from blocks.
@Suite struct LogOracleTests {
  /// More seeds than the usual ones: `PLIMSOLL_SEEDS=40-200`.
  private static var seeds: [Int] {
    let stated = ProcessInfo.processInfo.environment["PLIMSOLL_SEEDS"] ?? ""
    let bounds = stated.split(separator: "-").compactMap { Int($0) }
    guard bounds.count == 2, bounds[0] <= bounds[1] else { return Array(0..<12) }
    return Array(bounds[0]...bounds[1])
  }

  private func batch(_ rows: [OracleRow]) -> Batch {
    var batch = Batch()
    for row in rows {
      for field in row.fields {
        batch.addField(
          batch.intern(ByteString(field.name)), batch.intern(ByteString(field.text)), field.kind)
      }
      var record = Record(time: row.time, receivedAt: row.time)
      record.tenant = batch.intern(ByteString(row.tenant))
      record.service = batch.intern(ByteString(row.service))
      record.host = batch.intern(ByteString(row.host))
      record.release = batch.intern(ByteString(row.release))
      record.level = row.level
      record.message = batch.intern(ByteString(row.line))
      batch.append(record: record)
    }
    return batch
  }

  private func event(_ deploy: OracleDeploy) -> DeployEvent {
    DeployEvent(
      service: "odoo", environment: "", tenants: deploy.tenants.map { $0.map { ByteString($0) } },
      instances: nil, release: ByteString(deploy.release), previous: nil, kind: .deploy,
      start: deploy.start, end: nil, actor: "", link: "", isInferred: false)
  }

  private func store(_ batches: [Batch], _ deploys: [OracleDeploy]) async throws -> Store {
    let store = try Store(
      opening: "/store", on: MemoryDisk(), settings: StoreSettings(retention: .max),
      clock: { OracleWriter.start })
    for batch in batches { _ = try await store.append(batch, idempotencyKey: nil) }
    for deploy in deploys { _ = try store.state.add(deploy: event(deploy)) }
    return store
  }

  @Test(arguments: seeds)
  func allSourcesAnswerAsTheOracle(_ seed: Int) async throws {
    var writer = OracleWriter(seed: seed)
    let rows = writer.rows()
    let deploys = writer.deploys()
    // Batches and blocks of different times, none of them in order.
    let middle = rows.count / 2
    let parts = [rows[..<middle], rows[middle...]].map { half in
      Dictionary(grouping: half.shuffled(using: &writer.random)) { $0.time % 3 }.values.map {
        batch($0)
      }
    }
    let all = parts.flatMap { $0 }
    let memory = BatchSource(batches: all, timeline: Timeline(deploys.map { event($0) }))
    let tail = try await store(all, deploys)
    let mixed = try await store(parts[0], deploys)
    try mixed.compact(now: OracleWriter.start)
    for batch in parts[1] { _ = try await mixed.append(batch, idempotencyKey: nil) }
    let blocks = try await store(all, deploys)
    try blocks.compact(now: OracleWriter.start)
    #expect(blocks.status().segments == 0)
    let sources: [(name: String, source: any Source)] = [
      ("memory", memory), ("tail", StoreSource(store: tail)),
      ("blocks and tail", StoreSource(store: mixed)), ("blocks", StoreSource(store: blocks)),
    ]
    for _ in 0..<20 { try askMetric(&writer, rows, deploys, sources) }
    for _ in 0..<8 { try askLines(&writer, rows, deploys, sources) }
    for store in [tail, mixed, blocks] { store.close() }
  }

  private func askMetric(
    _ writer: inout OracleWriter, _ rows: [OracleRow], _ deploys: [OracleDeploy],
    _ sources: [(name: String, source: any Source)]
  ) throws {
    let metric = writer.metric()
    let first = OracleWriter.start / 1_000_000 + Int64(writer.one([0, 500, 10_000]))
    let step = Int64(writer.one([5_000, 35_000, 300_000]))
    let times = try EvaluationTimes(from: first, through: first + 310_000, step: step)
    let world = OracleWorld(
      rows: rows, deploys: deploys, tenant: writer.one([nil, nil, "a"]),
      instants: (0..<times.count).map { times.instant($0) }, joined: Set(metric.joins),
      namesRelease: metric.text.contains("release"))
    let expected = metric.vectors(world)
    let query = try LogQL.parse(ByteString(metric.text))
    #expect(try LogQL.parse(ByteString(query.description)) == query, "\(metric.text)")
    let scope = world.tenant.map { Scope.tenant(ByteString($0)) } ?? .fleet
    for (name, source) in sources {
      let answer = try LogQL.evaluate(
        query, from: source, scope: scope, times: times, isInstant: false)
      guard case .matrix(let matrix) = answer else {
        Issue.record("no matrix: \(metric.text)")
        continue
      }
      let found = world.instants.map { instant in
        var vector: OracleVector = [:]
        for series in matrix {
          for point in series.points where point.time == instant {
            vector[names(series.labels)] = point.value
          }
        }
        return vector
      }
      for (place, pair) in zip(expected, found).enumerated() {
        guard let difference = difference(pair.0, pair.1, metric) else { continue }
        let position = "\(name), \(world.tenant ?? "fleet"), step \(place) of \(step) ms"
        Issue.record("\(position): \(metric.text)\n\(difference)")
        break
      }
    }
  }

  private func names(_ labels: Labels) -> [String: String] {
    Dictionary(uniqueKeysWithValues: labels.pairs.map { ($0.name.text, $0.value.text) })
  }

  private func areAlike(_ left: Double?, _ right: Double?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
    return left == right || abs(left - right) <= 1e-6 * max(1e-3, abs(left))
  }

  /// What is different, nil for nothing.
  private func difference(
    _ expected: OracleVector, _ found: OracleVector, _ metric: OracleMetric
  ) -> String? {
    var own = Set(expected.keys).union(found.keys)
    if let (count, isTop) = metric.chosen {
      let best = expected.values.sorted { isTop ? $0 > $1 : $0 < $1 }.prefix(count)
      let shown = found.values.sorted { isTop ? $0 > $1 : $0 < $1 }
      guard best.count == shown.count, zip(best, shown).allSatisfy({ areAlike($0, $1) }) else {
        return "expected values \(best), found \(found)"
      }
      own = Set(found.keys)
    }
    for labels in own where !areAlike(expected[labels], found[labels]) {
      return "\(labels): expected \(expected[labels].map { "\($0)" } ?? "none"), "
        + "found \(found[labels].map { "\($0)" } ?? "none")"
    }
    return nil
  }

  private func askLines(
    _ writer: inout OracleWriter, _ rows: [OracleRow], _ deploys: [OracleDeploy],
    _ sources: [(name: String, source: any Source)]
  ) throws {
    let selection = writer.selection()
    let second: Int64 = 1_000_000_000
    let start = OracleWriter.start + Int64.random(in: 0...100, using: &writer.random) * second
    let end = start + Int64.random(in: 1...300, using: &writer.random) * second
    let limit = writer.one([1, 5, 40, 5_000])
    let direction = writer.one(LogQL.Direction.allCases)
    let world = OracleWorld(
      rows: rows, deploys: deploys, tenant: writer.one([nil, nil, "a"]), instants: [],
      joined: Set(selection.joins), namesRelease: selection.text.contains("release"))
    let passing = selection.passing(world).filter { $0.row.time >= start && $0.row.time < end }
    let chosen = direction == .forward ? passing.prefix(limit) : passing.suffix(limit)
    let expected = chosen.map { state in
      "\(state.row.time) \(state.line) \(text(state.labels(world.joined)))"
    }
    let query = try LogQL.parse(ByteString(selection.text))
    let scope = world.tenant.map { Scope.tenant(ByteString($0)) } ?? .fleet
    for (name, source) in sources {
      let answer = try LogQL.lines(
        query, from: source, scope: scope, start: start, end: end, limit: limit,
        direction: direction, withFields: writer.chance(2))
      guard case .streams(let streams) = answer else {
        Issue.record("no streams: \(selection.text)")
        continue
      }
      #expect(streams.map(\.labels) == streams.map(\.labels).sorted(), "\(selection.text)")
      for stream in streams {
        let times = stream.lines.map(\.time)
        #expect(times == (direction == .forward ? times.sorted() : times.sorted(by: >)))
      }
      let found = streams.flatMap { stream in
        stream.lines.map { "\($0.time) \($0.text.text) \(text(names(stream.labels)))" }
      }
      #expect(
        found.sorted() == expected,
        "\(name), \(world.tenant ?? "fleet"), limit \(limit) \(direction): \(selection.text)")
    }
  }

  private func text(_ labels: [String: String]) -> String {
    labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }
}
