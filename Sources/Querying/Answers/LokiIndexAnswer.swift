package import Bytes
import Model

/// The JSON bodies of Loki's index, detecting and pattern calls.
extension LokiAnswer {
  /// `{"streams":...,"chunks":...,"bytes":...,"entries":...}`.
  package static func statistics(_ statistics: LogStatistics) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      for (name, count) in [
        ("streams", statistics.streams), ("chunks", statistics.chunks),
        ("bytes", statistics.bytes), ("entries", statistics.entries),
      ] {
        writer.key(name)
        writer.integer(count)
      }
    }
    return writer.bytes
  }

  /// `{"detectedLabels":[{"label":...,"cardinality":...}]}`.
  package static func detectedLabels(_ labels: [DetectedLabel]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("detectedLabels")
      writer.array { writer in
        for label in labels {
          writer.object { writer in
            writer.key("label")
            writer.string(label.name)
            writer.key("cardinality")
            writer.integer(label.cardinality)
          }
        }
      }
    }
    return writer.bytes
  }

  /// `{"fields":[{"label":...,"type":...,"cardinality":...,"parsers":...}],"limit":...}`; the
  /// parsers of a field that is not in the line are `null`.
  package static func detectedFields(_ fields: [DetectedField], limit: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("fields")
      writer.array { writer in
        for field in fields { write(field, into: &writer) }
      }
      writer.key("limit")
      writer.integer(limit)
    }
    return writer.bytes
  }

  private static func write(_ field: DetectedField, into writer: inout JSONWriter) {
    writer.object { writer in
      writer.key("label")
      writer.string(field.name)
      writer.key("type")
      writer.string(field.kind.rawValue)
      writer.key("cardinality")
      writer.integer(field.values.count)
      writer.key("parsers")
      if field.parsers.isEmpty {
        writer.null()
      } else {
        writer.array { writer in
          for parser in field.parsers { writer.string(parser) }
        }
      }
    }
  }

  /// `{"values":[...],"limit":...}`.
  package static func detectedValues(_ values: [ByteString], limit: Int) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("values")
      writer.array { writer in
        for value in values { writer.string(value) }
      }
      writer.key("limit")
      writer.integer(limit)
    }
    return writer.bytes
  }

  /// `{"status":"success","data":[{"pattern":...,"level":...,"samples":[[seconds,count]]}]}`.
  package static func patterns(_ patterns: [LogPattern]) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("status")
      writer.string("success")
      writer.key("data")
      writer.array { writer in
        for pattern in patterns {
          writer.object { writer in
            writer.key("pattern")
            writer.string(pattern.text)
            writer.key("level")
            writer.string(pattern.level.name)
            writer.key("samples")
            writer.array { writer in
              for sample in pattern.samples {
                writer.array { writer in
                  writer.integer(sample.time / 1_000)
                  writer.number(sample.value)
                }
              }
            }
          }
        }
      }
    }
    return writer.bytes
  }

  /// `{"status":"success","data":"..."}`.
  package static func formatted(_ query: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("status")
      writer.string("success")
      writer.key("data")
      writer.string(query)
    }
    return writer.bytes
  }
}
