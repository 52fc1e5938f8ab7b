package import Bytes
package import Querying

/// Answers the queries of process files: over a source, or, in tests, from a table.
package struct Evaluator {
  /// The text, its language and the instants it is asked at.
  package typealias Answer = (Language, ByteString, EvaluationTimes) throws -> QueryValue

  private let answer: Answer

  package init(_ answer: @escaping Answer) {
    self.answer = answer
  }

  /// The answer as series; a single instant's has one point each.
  func matrix(
    _ language: Language, _ text: ByteString, _ times: EvaluationTimes
  ) throws -> [MatrixSeries] {
    switch try answer(language, text, times) {
    case .matrix(let series): series
    case .vector(let elements):
      elements.map { MatrixSeries(labels: $0.labels, points: [$0.point]) }
    case .scalar, .string, .streams:
      throw QueryFault(.execution, "a process' query must give a vector")
    }
  }
}
