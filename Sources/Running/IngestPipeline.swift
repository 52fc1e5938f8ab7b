import Bytes
import Decoding
import Model
import Packing
import Receiving
import Serving
import Storing
import Tagging

/// receive -> decode -> tag -> store, for bodies that come over HTTP.
final class IngestPipeline: Sendable {
  private let store: Store
  private let decoders: Workers
  private let retention: Int64
  private let formats: [String: any WireFormat.Type]
  private let books: [String: Books]

  init(store: Store, decoders: Workers, retention: Int64) {
    self.store = store
    self.decoders = decoders
    self.retention = retention
    var formats: [String: any WireFormat.Type] = [:]
    var books: [String: Books] = [:]
    for format in wireFormats {
      formats[format.name] = format
      books[format.name] = Books(listener: "http", format: format.name)
    }
    self.formats = formats
    self.books = books
  }

  var allBooks: [Books] { books.values.sorted { $0.format < $1.format } }

  /// Decodes, tags and stores one body; returns after its rows are on disk.
  func ingest(_ request: IngestRequest) async -> IngestOutcome {
    guard let format = formats[request.format], let books = books[request.format] else {
      return IngestOutcome(
        status: .refused(Fault(.unsupported, "unknown format")), storedRows: 0, faults: .init())
    }
    books.write {
      $0.frames += 1
      $0.bytes += request.body.count
    }
    do {
      let retention = retention
      let store = store
      let decoded = try await decoders.run {
        Self.decode(request, format, for: store, retention: retention)
      }
      switch decoded {
      case .failure(let fault):
        books.write {
          $0.received += 1
          $0.rejected.add(fault)
        }
        return IngestOutcome(status: .refused(fault), storedRows: 0, faults: .init())
      case .success(let decoded):
        return await commit(decoded, request, books)
      }
    } catch {
      return IngestOutcome(
        status: .unavailable("too much work is waiting: try again", retrySeconds: 1),
        storedRows: 0, faults: .init())
    }
  }

  /// Rows as they go to disk, and what was refused of them.
  private struct Decoded: Sendable {
    let batch: PreparedBatch
    let faults: FaultTally
  }

  private func commit(
    _ decoded: Decoded, _ request: IngestRequest, _ books: Books
  ) async -> IngestOutcome {
    let faults = decoded.faults
    let rows = decoded.batch.rowCount
    books.write {
      $0.received += rows + faults.total
      $0.rejected.add(faults)
    }
    guard rows > 0 else {
      return IngestOutcome(status: .stored, storedRows: 0, faults: faults)
    }
    do {
      let receipt = try await store.append(
        decoded.batch, idempotencyKey: Self.key(of: request))
      books.write {
        if receipt.wasDuplicate { $0.deduplicated += rows } else { $0.stored += rows }
      }
      return IngestOutcome(
        status: receipt.wasDuplicate ? .duplicate : .stored,
        storedRows: receipt.wasDuplicate ? 0 : rows, faults: faults)
    } catch {
      books.write { $0.dropped += rows }
      return IngestOutcome(
        status: .unavailable("not stored: \(error)", retrySeconds: 5), storedRows: 0,
        faults: faults)
    }
  }

  /// Keys of two tenants never meet.
  private static func key(of request: IngestRequest) -> ByteString? {
    guard let key = request.idempotencyKey else { return nil }
    switch request.scope {
    case .fleet: return ByteString([0] + key.bytes)
    case .tenant(let name): return ByteString(name.bytes + [0] + key.bytes)
    }
  }

  private static func decode(
    _ request: IngestRequest, _ format: any WireFormat.Type, for store: Store, retention: Int64
  ) -> Result<Decoded, Fault> {
    let now = WallClock.now()
    do throws(Fault) {
      var decoder = format.init()
      var batch = Batch()
      let source = FrameSource(
        key: 0, receivedAt: now, directory: store.directory, salt: salt(of: request))
      try decoder.decode(
        adopting: try inflate(request), from: source, into: &batch)
      decoder.flush(now: now, everything: true, into: &batch)
      Tagger.tag(&batch, context(of: request, now: now, retention: retention))
      let faults = batch.faults
      return .success(Decoded(batch: store.prepare(batch), faults: faults))
    } catch {
      return .failure(error)
    }
  }

  private static func inflate(_ request: IngestRequest) throws(Fault) -> [UInt8] {
    switch request.contentEncoding.lowercased() {
    case "", "identity": return request.body.take()
    // Part of the remote-write protocol; the format undoes it.
    case "snappy": return request.body.take()
    case "gzip", "x-gzip", "deflate":
      guard request.body.count <= Limits.compressedBodyBytes else {
        throw Fault(
          .bodyTooLarge, "a compressed body may have \(Limits.compressedBodyBytes) bytes")
      }
      do {
        return try Gzip.inflate(request.body.take(), limit: Limits.bodyBytes)
      } catch {
        throw Self.fault(of: error)
      }
    default:
      throw Fault(.unsupported, "Content-Encoding: use gzip, deflate or identity")
    }
  }

  private static func fault(of error: PackingFault) -> Fault {
    if case .tooLarge = error {
      return Fault(.bodyTooLarge, "more than \(Limits.bodyBytes) bytes after decompression")
    }
    return Fault(.decompression, "the body does not decompress")
  }

  /// What the rows of a request get beside what they say: the same text under other defaults is
  /// something else.
  private static func salt(of request: IngestRequest) -> UInt64 {
    var hasher = Hasher()
    if case .tenant(let name) = request.scope { hasher.combine(name) }
    for (name, value) in request.defaults.sorted(by: { $0.key < $1.key }) {
      hasher.combine(name)
      hasher.combine(value)
    }
    return UInt64(bitPattern: Int64(hasher.finalize()))
  }

  private static func context(
    of request: IngestRequest, now: Int64, retention: Int64
  ) -> TaggingContext {
    var context = TaggingContext(now: now, retention: retention)
    if case .tenant(let name) = request.scope { context.scopedTenant = name }
    context.defaultTenant = request.defaults["tenant"]
    context.defaultService = request.defaults["service"] ?? .empty
    context.defaultEnvironment = request.defaults["environment"] ?? .empty
    context.defaultHost = request.defaults["host"] ?? .empty
    context.defaultRelease = request.defaults["release"] ?? .empty
    context.tenantField = request.format == "odoo" ? "db" : "tenant"
    return context
  }
}
