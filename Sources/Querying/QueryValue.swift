package import Bytes
package import Model

/// The two query languages.
package enum Language: String, Sendable {
  case promql, logql
}

/// A value at one instant; times are milliseconds since 1970.
package struct Point: Sendable, Equatable {
  package var time: Int64
  package var value: Double

  package init(time: Int64, value: Double) {
    self.time = time
    self.value = value
  }
}

/// One element of an instant vector.
package struct VectorElement: Sendable, Equatable {
  package var labels: Labels
  package var point: Point

  package init(labels: Labels, point: Point) {
    self.labels = labels
    self.point = point
  }
}

/// One series of a range answer, points oldest first.
package struct MatrixSeries: Sendable, Equatable {
  package var labels: Labels
  package var points: [Point]

  package init(labels: Labels, points: [Point]) {
    self.labels = labels
    self.points = points
  }
}

/// Log lines that share their labels.
package struct LogStream: Sendable, Equatable {
  /// One line: nanoseconds since 1970, and the message.
  package struct Line: Sendable, Equatable {
    package var time: Int64
    package var text: ByteString
    /// The typed fields of the record, in its order, for readers that show more than the line.
    package var fields: [Label]

    package init(time: Int64, text: ByteString, fields: [Label]) {
      self.time = time
      self.text = text
      self.fields = fields
    }
  }

  package var labels: Labels
  package var lines: [Line]

  package init(labels: Labels, lines: [Line]) {
    self.labels = labels
    self.lines = lines
  }
}

/// What a query answers.
package enum QueryValue: Sendable, Equatable {
  case scalar(Point)
  case string(ByteString, time: Int64)
  case vector([VectorElement])
  case matrix([MatrixSeries])
  case streams([LogStream])

  /// At most `limit` elements or series, and whether some were cut off. A limit of 0 is none.
  package func limited(to limit: Int) -> (value: QueryValue, isCut: Bool) {
    guard limit > 0 else { return (self, false) }
    switch self {
    case .vector(let elements):
      return (.vector(Array(elements.prefix(limit))), elements.count > limit)
    case .matrix(let series): return (.matrix(Array(series.prefix(limit))), series.count > limit)
    case .scalar, .string, .streams: return (self, false)
    }
  }
}

/// The instants a query is evaluated at: `start`, `start + step`, ... up to `end`; milliseconds.
/// An instant query has one.
package struct EvaluationTimes: Sendable, Equatable {
  package let start: Int64
  package let end: Int64
  package let step: Int64

  package init(at instant: Int64) {
    start = instant
    end = instant
    step = 1
  }

  /// Throws when the step is not positive, the end before the start, or there are more than
  /// `Limits.pointsPerSeries` steps between them.
  package init(from start: Int64, through end: Int64, step: Int64) throws(QueryFault) {
    guard step > 0 else {
      throw QueryFault(
        .badData,
        "zero or negative query resolution step widths are not accepted. "
          + "Try a positive integer")
    }
    guard end >= start else {
      throw QueryFault(.badData, "end timestamp must not be before start time")
    }
    let (span, over) = end.subtractingReportingOverflow(start)
    guard !over, span / step <= Int64(Limits.pointsPerSeries) else {
      throw QueryFault(
        .badData,
        "exceeded maximum resolution of 11,000 points per timeseries. "
          + "Try decreasing the query resolution (?step=XX)")
    }
    self.start = start
    self.end = end
    self.step = step
  }

  package var count: Int { Int((end - start) / step) + 1 }

  /// The instant of a step, 0 being the first; milliseconds.
  package func instant(_ index: Int) -> Int64 { start + Int64(index) * step }
}
