import Bytes
import Model
import Receiving

/// The books of all listeners as JSON: what `/metrics` counts, with a sample of each refusal.
enum ListenersAnswer {
  static func write(_ books: [Books]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.key("listeners")
      json.array { json in for book in books { write(book, &json) } }
    }
    return json.bytes
  }

  private static func write(_ book: Books, _ json: inout JSONWriter) {
    let counts = book.read()
    json.object { json in
      for (name, text) in [("listener", book.listener), ("format", book.format)] {
        json.key(name)
        json.string(text)
      }
      for (name, count) in [
        ("frames", counts.frames), ("bytes", counts.bytes), ("received", counts.received),
        ("stored", counts.stored), ("rejected", counts.rejected.total),
        ("dropped", counts.dropped), ("deduplicated", counts.deduplicated),
        ("pending", counts.pending), ("kernelDrops", counts.kernelDrops),
      ] {
        json.key(name)
        json.integer(count)
      }
      json.key("balances")
      json.boolean(counts.balances)
      json.key("faults")
      json.array { json in write(counts.rejected, &json) }
    }
  }

  private static func write(_ faults: FaultTally, _ json: inout JSONWriter) {
    for entry in faults.entries.values.sorted(by: {
      $0.first.reason.rawValue < $1.first.reason.rawValue
    }) {
      json.object { json in
        json.key("reason")
        json.string(entry.first.reason.rawValue)
        json.key("count")
        json.integer(entry.count)
        json.key("detail")
        json.string(entry.first.detail)
        json.key("sample")
        json.string(entry.first.sample)
      }
    }
  }
}
