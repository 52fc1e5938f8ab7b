package import Bytes
package import Model
package import Querying
package import Storing

/// The store as queries read it.
package struct StoreSource: Source {
  private let store: Store

  package init(store: Store) {
    self.store = store
  }

  package func series(
    in scope: Scope, metric: ByteString?, from: Int64, through: Int64,
    where accepts: (ByteString, Labels) -> Bool
  ) throws -> [StoredSeries] {
    try store.series(in: scope, metric: metric, from: from, through: through, where: accepts)
      .map {
        StoredSeries(tenant: $0.tenant, labels: $0.labels, times: $0.times, values: $0.values)
      }
  }

  package func scan(
    in scope: Scope, from: Int64, to: Int64, visit: (Batch) throws -> Bool
  ) throws {
    try store.scan(in: scope, from: from, to: to, visit: visit)
  }

  package var timeline: Timeline { store.state.timeline }
}
