import Bytes
import Model
import Receiving
import Serving
import Storing

/// Our own counters in Prometheus' text form (text exposition format 0.0.4).
struct SelfMetrics {
  private var text = ""

  /// Everything `/metrics` shows.
  static func text(
    books: [Books], store: StoreStatus, watch: WatchStatus, queries: QueryStatus
  ) -> [UInt8] {
    var metrics = SelfMetrics()
    metrics.write(books)
    metrics.write(store)
    metrics.write(watch.figures)
    metrics.write(queries.figures)
    return Array(metrics.text.utf8)
  }

  private mutating func write(_ books: [Books]) {
    let all = books.map { ($0, $0.read()) }
    let counters: [(String, String, (ListenerCounts) -> Int)] = [
      ("frames_received", "HTTP bodies or datagrams.", { $0.frames }),
      ("bytes_received", "Bytes of them.", { $0.bytes }),
      ("rows_received", "Rows that came in, well-formed or not.", { $0.received }),
      ("rows_stored", "Rows acknowledged by the store.", { $0.stored }),
      ("rows_deduplicated", "Rows a retried request had brought before.", { $0.deduplicated }),
      ("rows_dropped", "Rows the store could not take.", { $0.dropped }),
    ]
    for (name, help, value) in counters {
      family("plimsoll_ingest_\(name)_total", "counter", help)
      for (book, counts) in all {
        sample("plimsoll_ingest_\(name)_total", Self.labels(book), value(counts))
      }
    }
    family("plimsoll_ingest_rows_pending", "gauge", "Rows that wait for more to complete them.")
    for (book, counts) in all {
      sample("plimsoll_ingest_rows_pending", Self.labels(book), counts.pending)
    }
    family("plimsoll_ingest_rows_rejected_total", "counter", "Rows refused, by reason.")
    for (book, counts) in all {
      let entries = counts.rejected.entries.sorted { $0.key.rawValue < $1.key.rawValue }
      for (reason, entry) in entries {
        sample(
          "plimsoll_ingest_rows_rejected_total",
          Self.labels(book) + [("reason", reason.rawValue)], entry.count)
      }
    }
    family("plimsoll_udp_kernel_drops_total", "counter", "Datagrams dropped at the socket.")
    for (book, counts) in all where book.listener != "http" {
      sample("plimsoll_udp_kernel_drops_total", Self.labels(book), counts.kernelDrops)
    }
  }

  private static func labels(_ book: Books) -> [(String, String)] {
    [("listener", book.listener), ("format", book.format)]
  }

  private mutating func write(_ store: StoreStatus) {
    for (name, type, help, value) in store.figures {
      family("plimsoll_store_\(name)", type, help)
      sample("plimsoll_store_\(name)", [], value)
    }
  }

  private mutating func write(
    _ figures: [(name: String, type: String, help: String, value: Int)]
  ) {
    for (name, type, help, value) in figures {
      family("plimsoll_\(name)", type, help)
      sample("plimsoll_\(name)", [], value)
    }
  }

  private mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: Int) {
    let inner = labels.map { "\($0)=\"\(Self.escape($1))\"" }.joined(separator: ",")
    text += name + (inner.isEmpty ? "" : "{\(inner)}") + " \(value)\n"
  }

  private static func escape(_ value: String) -> String {
    var escaped = ""
    for character in value {
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
