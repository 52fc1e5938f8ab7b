/// Every path of the HTTP API. To add one: its route, in the list of its topic.
/// Queries wait for their turn at the scheduler; the workers do what must not wait for them.
package func allRoutes(
  _ doors: Doors, _ queries: QueryScheduler, _ workers: Workers
) -> [Route] {
  PageRoutes.routes + IngestRoutes.routes(doors) + OperationRoutes.routes(doors)
    + PrometheusRoutes.routes(doors, queries) + PrometheusMetadataRoutes.routes(doors, queries)
    + PrometheusStatusRoutes.routes(doors, queries) + PrometheusRulesRoutes.routes(doors)
    + LokiRoutes.routes(doors, queries)
    + LokiIndexRoutes.routes(doors, queries) + LokiDetectedRoutes.routes(doors, queries)
    + LokiStatusRoutes.routes(queries.settings.limits)
    + ReleaseRoutes.routes(doors, queries, workers) + DeletionRoutes.routes(doors, workers)
}
