import Bytes
import Decoding
import Model
import Packing
import Support
import Testing

/// Random damage to good input, from a seed: nothing traps, memory follows the input, and the good
/// row that comes next is decoded.
struct FuzzTests {
  static let rounds = 500

  /// A frame each format must decode to one row, whatever came before it.
  static func good(_ format: String) -> [UInt8] {
    switch format {
    case "json": return Array("{\"message\":\"good\"}".utf8)
    case "odoo": return Array("\n2026-11-20 08:00:00,000 1 INFO acme odoo.http: good".utf8)
    case "syslog": return Array("<13>Nov 20 08:00:00 depot-9 fuzz[1]: good".utf8)
    case "statsd": return Array("good.row:1|c".utf8)
    case "metrics": return Array("{\"name\":\"good\",\"value\":1}".utf8)
    case "loki":
      return Array(
        #"{"streams":[{"stream":{"a":"b"},"values":[["1795427990000000000","good"]]}]}"#.utf8)
    default:
      var builder = WriteRequestBuilder()
      builder.series([("__name__", "good"), ("job", "odoo")], [(1, 1), (2, 2)])
      return builder.packed
    }
  }

  static func seeds(_ format: String) throws -> [[UInt8]] {
    let files = try Fixture.all("decode/\(format)", suffix: ".in").flatMap {
      Decoder.datagrams(try $0.bytes()).frames
    }
    return files + [good(format)]
  }

  static func mutate(_ seed: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    let length = Swift.min(seed.count, Int.random(in: 1...1_500, using: &generator))
    let start = Int.random(in: 0...(seed.count - length), using: &generator)
    var bytes = Array(seed[start..<(start + length)])
    for _ in 0..<Int.random(in: 0...8, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      case 2: bytes.remove(at: index)
      case 3:
        bytes.insert(
          [0, 10, 34, 91, 92, 123, 124, 255].randomElement(using: &generator) ?? 0, at: index)
      case 4: bytes.removeLast(bytes.count - index)
      default: bytes.insert(contentsOf: bytes[..<index], at: index)
      }
    }
    return bytes
  }

  @Test(arguments: wireFormats.map { $0.name })
  func damageNeverTrapsAndTheNextRowIsDecoded(name: String) throws {
    var generator = SeededGenerator(seed: 20_261_123)
    let seeds = try Self.seeds(name).filter { !$0.isEmpty }
    var format = try Decoder.format(name).init()
    let good = Self.good(name)
    for round in 0..<Self.rounds {
      var frame = Self.mutate(try #require(seeds.randomElement(using: &generator)), &generator)
      if name == "remote_write", round % 2 == 0,
        let plain = try? Snappy.decompress(good, limit: 4_096)
      {
        frame = Snappy.compress(Self.mutate(plain, &generator))
      }
      var batch = Batch()
      let source = FrameSource(key: UInt64(round % 3), receivedAt: receivedAt)
      try? format.decode(frame.span, from: source, into: &batch)
      format.flush(now: receivedAt, everything: true, into: &batch)
      #expect(format.pendingRows == 0)
      if name != "statsd" { #expect(batch.arena.count <= 8 * frame.count + 65_536) }
      var next = Batch()
      try format.decode(good.span, from: source, into: &next)
      format.flush(now: receivedAt, everything: true, into: &next)
      #expect(next.faults.total == 0, "round \(round)")
      #expect(name == "statsd" ? next.foldedRows == 1 : next.rowCount >= 1, "round \(round)")
      // Statsd keeps its sums, which grow with the names that the damage makes.
      if name == "statsd", round % 50 == 0 { format = Statsd() }
    }
  }

  @Test(arguments: wireFormats.map { $0.name })
  func randomBytesNeverTrap(name: String) throws {
    var generator = SeededGenerator(seed: 4_711)
    var format = try Decoder.format(name).init()
    for _ in 0..<200 {
      let length = Int.random(in: 0...400, using: &generator)
      let frame = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
      var batch = Batch()
      let source = FrameSource(key: 1, receivedAt: receivedAt)
      try? format.decode(frame.span, from: source, into: &batch)
      format.flush(now: receivedAt, everything: true, into: &batch)
      #expect(batch.samples.count <= 400 && batch.records.count <= 400)
    }
  }
}
