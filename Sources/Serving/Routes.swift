/// Every path of the HTTP API. To add one: its route, in the list of its topic.
package func allRoutes(_ doors: Doors, _ queries: Workers) -> [Route] {
  PageRoutes.routes + IngestRoutes.routes(doors) + OperationRoutes.routes(doors)
    + PrometheusRoutes.routes(doors, queries) + PrometheusMetadataRoutes.routes(doors, queries)
    + PrometheusStatusRoutes.routes(doors, queries) + PrometheusRulesRoutes.routes(doors)
    + LokiRoutes.routes(doors, queries)
    + LokiIndexRoutes.routes(doors, queries) + LokiDetectedRoutes.routes(doors, queries)
    + LokiStatusRoutes.routes(doors) + ReleaseRoutes.routes(doors, queries)
    + DeletionRoutes.routes(doors, queries)
}
