import Bytes
import Model
import Querying

/// Records in memory, as the store would lend them.
struct MemorySource: Source {
  let timeline: Timeline
  var tenants: [ByteString] { [] }
  private var batch = Batch()

  init(timeline: Timeline = .empty) {
    self.timeline = timeline
  }

  mutating func add(
    _ tenant: ByteString, at time: Int64, _ level: Level, _ logger: ByteString,
    _ message: ByteString, _ fields: [(StaticString, ByteString, FieldKind)] = []
  ) {
    var record = Record(time: time, receivedAt: time)
    record.level = level
    record.tenant = batch.intern(tenant)
    record.service = batch.intern("odoo" as ByteString)
    record.logger = batch.intern(logger)
    record.message = batch.intern(message)
    for (name, value, kind) in fields { batch.addField(name, batch.intern(value), kind) }
    batch.append(record: record)
  }

  func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: @escaping @Sendable (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] { [] }

  func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    _ = try visit(batch)
  }
}
