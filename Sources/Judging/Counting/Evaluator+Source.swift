package import Model
package import Querying

extension Evaluator {
  /// Evaluates over a source, as one who sees `scope`, each query within a budget of its own.
  package init(
    source: any Source, scope: Scope = .fleet, budget: @escaping () -> Budget = { Budget() }
  ) {
    self.init { language, text, times in
      switch language {
      case .logql:
        try LogQL.evaluate(
          LogQL.parse(text), from: source, scope: scope, times: times,
          isInstant: times.count == 1, budget: budget())
      case .promql:
        try PromQL.evaluate(
          PromQL.parse(text), from: source, scope: scope, times: times,
          isInstant: times.count == 1, budget: budget())
      }
    }
  }
}
