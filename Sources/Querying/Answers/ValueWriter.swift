import Bytes
import Dividing
import Model

/// Scalars, vectors and matrices as both HTTP APIs write them; they differ in how they print times
/// and values.
struct ValueWriter: Sendable {
  /// Appends milliseconds as seconds.
  let seconds: @Sendable (Int64, inout [UInt8]) -> Void
  /// Appends a number, of bytes that need no escapes.
  let number: @Sendable (Double, inout [UInt8]) -> Void

  /// Writes `resultType` and `result`. Streams are the caller's: nothing is written for them.
  func write(_ value: QueryValue, into writer: inout JSONWriter) {
    switch value {
    case .scalar(let point):
      head("scalar", &writer)
      write(point, into: &writer)
    case .string(let text, let time):
      head("string", &writer)
      writer.array { writer in
        writer.raw { seconds(time, &$0) }
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
        for run in written(matrix) { writer.raw { $0 += run } }
      }
    case .streams: break
    }
  }

  /// The elements of a matrix with commas between them, in runs: most answers' time is spent here.
  private func written(_ matrix: [MatrixSeries]) -> [[UInt8]] {
    matrix.mapRuns(of: 64) { [self] run in
      var writer = JSONWriter()
      var times = WrittenTimes(seconds)
      for series in run { write(series, &times, into: &writer) }
      return [writer.bytes]
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

  private func write(
    _ series: MatrixSeries, _ times: inout WrittenTimes, into writer: inout JSONWriter
  ) {
    writer.object { writer in
      writer.key("metric")
      Self.write(series.labels, into: &writer)
      writer.key("values")
      writer.array { writer in
        // There are many of them, so that they are written in one go.
        writer.raw { bytes in
          for (place, point) in series.points.enumerated() {
            if place > 0 { bytes.append(44) }
            bytes.append(91)
            times.append(point.time, at: place, to: &bytes)
            bytes.append(44)
            bytes.append(34)
            number(point.value, &bytes)
            bytes.append(34)
            bytes.append(93)
          }
        }
      }
    }
  }

  private func write(_ point: Point, into writer: inout JSONWriter) {
    writer.array { writer in
      writer.raw { seconds(point.time, &$0) }
      writer.raw { bytes in
        bytes.append(34)
        number(point.value, &bytes)
        bytes.append(34)
      }
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

/// The times of a matrix as they were last written: most of its series have the same ones.
private struct WrittenTimes {
  private let write: (Int64, inout [UInt8]) -> Void
  private var known: [Int64] = []
  /// Their texts, one behind the other, and where each begins.
  private var texts: [UInt8] = []
  private var starts: [Int] = [0]

  init(_ write: @escaping (Int64, inout [UInt8]) -> Void) {
    self.write = write
  }

  /// Appends a time that stands at a place of its series.
  mutating func append(_ time: Int64, at place: Int, to bytes: inout [UInt8]) {
    if place == known.count {
      known.append(time)
      write(time, &texts)
      starts.append(texts.count)
    }
    guard place < known.count, known[place] == time else { return write(time, &bytes) }
    bytes.append(copying: texts.span.extracting(starts[place]..<starts[place + 1]))
  }
}
