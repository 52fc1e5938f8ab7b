import Bytes
import Model

/// Scalars, vectors and matrices as both HTTP APIs write them; they differ in how they print times
/// and values.
struct ValueWriter {
  /// Milliseconds as seconds.
  let seconds: (Int64) -> String
  let number: (Double) -> String

  /// Writes `resultType` and `result`. Streams are the caller's: nothing is written for them.
  func write(_ value: QueryValue, into writer: inout JSONWriter) {
    switch value {
    case .scalar(let point):
      head("scalar", &writer)
      write(point, into: &writer)
    case .string(let text, let time):
      head("string", &writer)
      writer.array { writer in
        writer.raw(seconds(time))
        writer.string(text)
      }
    case .vector(let elements):
      head("vector", &writer)
      writer.array { writer in
        for element in elements { write(element, into: &writer) }
      }
    case .matrix(let matrix):
      head("matrix", &writer)
      writer.array { writer in
        for series in matrix { write(series, into: &writer) }
      }
    case .streams: break
    }
  }

  private func head(_ type: String, _ writer: inout JSONWriter) {
    writer.key("resultType")
    writer.string(type)
    writer.key("result")
  }

  private func write(_ element: VectorElement, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("metric")
      Self.write(element.labels, into: &writer)
      writer.key("value")
      write(element.point, into: &writer)
    }
  }

  private func write(_ series: MatrixSeries, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("metric")
      Self.write(series.labels, into: &writer)
      writer.key("values")
      writer.array { writer in
        for point in series.points { write(point, into: &writer) }
      }
    }
  }

  private func write(_ point: Point, into writer: inout JSONWriter) {
    writer.array { writer in
      writer.raw(seconds(point.time))
      writer.string(number(point.value))
    }
  }

  /// Labels as an object.
  static func write(_ labels: Labels, into writer: inout JSONWriter) {
    writer.object { writer in
      for pair in labels.pairs {
        writer.key(pair.name)
        writer.string(pair.value)
      }
    }
  }
}
