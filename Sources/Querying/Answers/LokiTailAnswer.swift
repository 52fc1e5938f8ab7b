import Bytes

extension LokiAnswer {
  /// A frame of the tail: `{"streams":[{"stream":{...},"values":[["ns","line"]]}],
  /// "dropped_entries":[{"labels":{...},"timestamp":"ns"}]}`.
  package static func tail(_ turn: LogTail.Turn) -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.key("streams")
      writer.array { writer in
        for stream in turn.streams {
          writer.object { writer in
            writer.key("stream")
            ValueWriter.write(stream.labels, into: &writer)
            writer.key("values")
            writer.array { writer in
              for line in stream.lines {
                writer.array { writer in
                  writer.string("\(line.time)")
                  writer.string(line.text)
                }
              }
            }
          }
        }
      }
      writer.key("dropped_entries")
      writer.array { writer in
        for entry in turn.dropped {
          writer.object { writer in
            writer.key("labels")
            ValueWriter.write(entry.labels, into: &writer)
            writer.key("timestamp")
            writer.string("\(entry.time)")
          }
        }
      }
    }
    return writer.bytes
  }
}
