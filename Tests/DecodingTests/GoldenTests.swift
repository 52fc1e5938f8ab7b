import Decoding
import Model
import Support
import Testing

/// Each `fixtures/decode/<format>/<case>.in` gives the rows of `<case>.out`; where nothing is
/// stored, what is refused stands in `<case>.fault`.
struct GoldenTests {
  @Test(arguments: Fixture.all("decode", suffix: ".in"))
  func fixtureDecodesAsExpected(fixture: Fixture) throws {
    let name = try #require(fixture.description.split(separator: "/").dropFirst().first)
    let (frames, sources) = Decoder.datagrams(try fixture.bytes())
    var text: String
    var isRefused = false
    do {
      let batch = try Decoder.decode(frames, as: String(name), sources: sources)
      text = Rendering.text(of: batch)
      isRefused = batch.isEmpty
    } catch let fault as Fault {
      var tally = FaultTally()
      tally.add(fault)
      text = "frame " + Rendering.faults(tally).joined() + "\n"
      isRefused = true
    }
    let suffix = isRefused ? ".fault" : ".out"
    #expect(try fixture.golden(suffix, for: ".in", actual: text) == text)
  }

  @Test func everyFormatHasFixturesAndAnArrival() {
    #expect(Set(wireFormats.map { $0.name }).count == wireFormats.count)
    for format in wireFormats {
      #expect(!format.arrivals.isEmpty)
      #expect(!Fixture.all("decode/\(format.name)", suffix: ".in").isEmpty)
    }
  }
}
