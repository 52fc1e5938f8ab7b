import ArgumentParser

/// What queries may use, as flags of `serve`.
struct QueryOptions: ParsableArguments {
  @Option(help: "How long a query may take. Also PLIMSOLL_QUERY_TIMEOUT. (default: 2m)")
  var queryTimeout: String?
  @Option(help: "Samples and log rows a query may look at. (default: 50000000)")
  var querySamples: String?
  @Option(help: "Unpacked bytes a query may read. (default: 16GiB)") var queryBytes: String?
  @Option(help: "Memory a query may hold, estimated. (default: 512MiB)") var queryMemory: String?
  @Option(help: "Memory all running queries may hold, estimated. (default: 1GiB)")
  var queryMemoryTotal: String?
  @Option(help: "Series a query may read or answer. (default: 100000)") var querySeries: String?
  @Option(help: "Length of a regular expression in a query. (default: 4KiB)")
  var queryRegexBytes: String?
  @Option(help: "Queries that run at once. (default: 4)") var queryConcurrency: String?
  @Option(help: "Those of one tenant, or of the fleet's readers. (default: 2)")
  var queryConcurrencyPerTenant: String?
  @Option(help: "Queries that wait; a tenant may have half of them. (default: 64)")
  var queryQueue: String?
  @Option(help: "How long a query waits for its turn. (default: 10s)") var queryWait: String?

  /// By the name of the setting.
  var flags: [(name: String, value: String?)] {
    [
      ("query_timeout", queryTimeout), ("query_samples", querySamples),
      ("query_bytes", queryBytes), ("query_memory", queryMemory),
      ("query_memory_total", queryMemoryTotal), ("query_series", querySeries),
      ("query_regex_bytes", queryRegexBytes), ("query_concurrency", queryConcurrency),
      ("query_concurrency_per_tenant", queryConcurrencyPerTenant), ("query_queue", queryQueue),
      ("query_wait", queryWait),
    ]
  }
}
