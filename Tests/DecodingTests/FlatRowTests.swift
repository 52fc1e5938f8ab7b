import Bytes
import Decoding
import Model
import Support
import Testing

/// The fast way through JSON rows against the general scanner, which is the measure: the same rows,
/// the same faults at the same places, whatever comes.
struct FlatRowTests {
  /// Rows of several loggers as they come in turns, and what is rare in them.
  private static let samples = #"""
    {"time":"2026-11-20T00:00:00.001Z","level":"INFO",\#
    "logger":"odoo.addons.base.models.ir_cron",\#
    "message":"Job 'EDI: sync' (1200) done in 0.206s","tenant":"acme-007","pid":151}
    {"time":"2026-11-20T00:00:00.005Z","level":"INFO","logger":"werkzeug",\#
    "message":"10.7.1.9 - - [20/Nov/2026 00:00:00] \"POST /web HTTP/1.1\" 200 - 6 0.005 0.004"\#
    ,"tenant":"ship-002","method":"POST","path":"/web","status":200,"duration_ms":9.9,\#
    "user_id":238}
    {"time":"2026-11-20 00:00:07,625","level":"warning","logger":"werkzeug",\#
    "message":"10.7.1.9 - - [20/Nov/2026 00:00:00] \"GET /web?db=x HTTP/1.1\" 200 -"}
    {"asctime": "2026-11-21 10:00:00,5", "levelname": "ERROR", "name": "odoo.http"\#
    , "message": "Oops\nTraceback (most recent call last):\n  File\nKeyError: 'x'"\#
    , "dbname": "acme", "process": 7}
    {"ts":1795428000.25,"severity":3,"msg":"straße grüßt 😀 \u00e9\ud83d\ude00",\#
    "host":"odoo-07","ok":true,"none":null,"off":false}
    {"_error":"mine","":"empty","a":1,"a":2,"big":12345678901234567890,"e":1e999,"f":-0.5e-3,\#
    "n":-0}
    {"a.b":1,"a":{"b":[1,"x",{"c":null}]},"event.duration":1500000000,"odoo.rpc":"a.b.c"}
    {"k":"no message here","tab":"a\tb"}
    {"message":"","body":"second","log":5}
    {"time":"never","message":"x"}
    {}
    {"message":"plain"}
    {"message":"SERIALIZATION_FAILURE, retrying","logger":"odoo.service.model","tenant":"?"}
    {"message":"Failed on db acme_2.","logger":"odoo.sql_db",\#
    "a_key_that_is_longer_than_thirty_two_bytes":1,"http.response.status_code":404,\#
    "url.path":"/"}
    """#.split(separator: "\n").map(String.init)

  private static func mutate(_ row: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = row
    for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.remove(at: place)
      case 2:
        let odd = Array("\"\\{}[]:,\n\r\t 0123456789eE+-.u\u{0}_é".utf8)
        bytes.insert(odd.randomElement(using: &generator) ?? 0, at: place)
      case 3:
        let end = Swift.min(bytes.count, place + Int.random(in: 0...40, using: &generator))
        bytes.insert(
          contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
      case 4:
        let end = Swift.min(bytes.count, place + Int.random(in: 0...40, using: &generator))
        bytes.removeSubrange(place..<end)
      default: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      }
    }
    return bytes
  }

  private static func text(of batch: Batch) -> String {
    let places = batch.faults.entries.map { "\($0.key.rawValue) at \($0.value.first.position)" }
    return Rendering.text(of: batch) + places.sorted().joined(separator: "\n")
  }

  private static func decode(
    _ frame: [UInt8], with format: inout JSONLines, isAdopted: Bool
  ) throws -> Batch {
    var batch = Batch()
    let source = FrameSource(key: 0, receivedAt: receivedAt)
    if isAdopted {
      try format.decode(adopting: frame, from: source, into: &batch)
    } else {
      try format.decode(frame.span, from: source, into: &batch)
    }
    return batch
  }

  @Test(arguments: 0..<4) func bothWaysGiveTheSameRowsAndFaults(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed) &+ 61)
    // One decoder for all frames: what it remembers of earlier rows must never show.
    var fast = JSONLines()
    for round in 0..<1_500 {
      var frame: [UInt8] = []
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let sample = Self.samples.randomElement(using: &generator) ?? ""
        frame += Self.mutate(Array(sample.utf8), &generator)
        frame += Int.random(in: 0..<8, using: &generator) == 0 ? [13, 10, 32, 10] : [10]
      }
      if Bool.random(using: &generator) { frame.removeLast() }
      var general = JSONLines(isScannerOnly: true)
      let want = try Self.decode(frame, with: &general, isAdopted: false)
      let got = try Self.decode(frame, with: &fast, isAdopted: round % 2 == 0)
      #expect(Self.text(of: got) == Self.text(of: want), "round \(round)")
    }
  }

  @Test func rowsOfOneObjectEachAreTheSameInAnyFormat() throws {
    for row in Self.samples {
      var general = JSONLines(isScannerOnly: true)
      let want = try Self.decode(Array(row.utf8), with: &general, isAdopted: false)
      let got = try Decoder.decode(row, as: "json")
      #expect(Self.text(of: got) == Self.text(of: want))
    }
  }

  @Test func keysOfManyShapesAreForgottenNotConfused() throws {
    var fast = JSONLines()
    for round in 0..<40 {
      var text = ""
      for row in 0..<60 {
        text += "{\"message\":\"m\",\"k\(round)_\(row)\":\(row),\"k\(row)\":\"\(round)\"}\n"
      }
      var general = JSONLines(isScannerOnly: true)
      let frame = Array(text.utf8)
      let want = try Self.decode(frame, with: &general, isAdopted: false)
      let got = try Self.decode(frame, with: &fast, isAdopted: true)
      #expect(Rendering.text(of: got) == Rendering.text(of: want))
    }
  }

  @Test func anAdoptedBodyIsTheArenaAndEqualNamesStandOnce() throws {
    let body = Array((Self.samples[11] + "\n" + Self.samples[1] + "\n" + Self.samples[1]).utf8)
    var format = JSONLines()
    let batch = try Self.decode(body, with: &format, isAdopted: true)
    let last = batch.records[2]
    #expect(batch.records.count == 3)
    #expect(batch.records.allSatisfy { $0.message.range.upperBound <= body.count })
    let names = batch.fields[batch.records[1].fields].map { $0.name }
    #expect(batch.fields[last.fields].map { $0.name } == names)
    // Nothing is copied but the service that the rows do not state.
    #expect(batch.arena.count == body.count + JSONRowScanner.padding + 4)
  }

  @Test func aRequestThatItsSenderReadIsNotReadAgain() throws {
    let line = #""logger":"werkzeug","message":"1.2.3.4 - - [x] \"GET /a HTTP/1.1\" 200 -""#
    let own = try Decoder.decode("{\(line),\"status\":201,\"path\":\"/b\"}", as: "json")
    #expect(own.fields.map { own.string($0.name).text } == ["status", "path"])
    let ecs = try Decoder.decode(
      "{\(line),\"http.response.status_code\":201,\"url.path\":\"/b\"}", as: "json")
    #expect(ecs.field("client", of: ecs.records[0]) == nil)
    #expect(ecs.field("status", of: ecs.records[0]) == "201")
    let half = try Decoder.decode("{\(line),\"status\":201}", as: "json")
    #expect(half.field("client", of: half.records[0]) == "1.2.3.4")
    #expect(half.field("status", of: half.records[0]) == "201")
  }
}
