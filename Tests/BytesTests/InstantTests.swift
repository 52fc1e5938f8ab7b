import Bytes
import Support
import Testing

@Suite struct InstantTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999999Z", -1),
    ("2038-01-19T03:14:08Z", 2_147_483_648_000_000_000),
    ("2026-11-20T01:02:03.5+01:00", 1_795_132_923_500_000_000),
    ("2026-11-20 00:02:03,500", 1_795_132_923_500_000_000),
    ("2262-04-11T23:47:16.854775807Z", Int64.max),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000),
  ])
  func readsCivilTime(_ text: String, _ want: Int64) {
    #expect(Instant.parse(Array(text.utf8).span) == want)
  }

  @Test(arguments: [
    "", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
    "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z", "9999-12-31T23:59:59Z", "2024-01-01",
    "2262-04-11T23:47:16.854775808Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00Z+01:00",
    "0000-01-01T00:00:00Z", "2024-01-01T00:00:00.Z", "２０２４-01-01T00:00:00Z",
  ])
  func refusesWhatIsNoTime(_ text: String) {
    #expect(Instant.parse(Array(text.utf8).span) == nil)
  }

  @Test(arguments: [
    ("1700000000", 1_700_000_000_000_000_000), ("1700000000123", 1_700_000_000_123_000_000),
    ("1700000000123456", 1_700_000_000_123_456_000),
    ("1700000000123456789", 1_700_000_000_123_456_789),
    ("1700000000.123456789", 1_700_000_000_123_456_789), ("0", 0), ("-1", -1_000_000_000),
  ])
  func readsEpochsByTheirSize(_ text: String, _ want: Int64) {
    #expect(Instant.parseEpoch(Array(text.utf8).span) == want)
  }

  @Test func textAndParseAreInverse() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<2_000 {
      let instant = Int64.random(in: -62_000_000_000_000_000...Int64.max, using: &random)
      #expect(Instant.parse(Array(Instant.text(instant).utf8).span) == instant)
    }
  }

  @Test func daysAndDatesAreInverse() {
    for day in stride(from: -800_000, through: 3_000_000, by: 97) {
      let date = Instant.date(days: day)
      #expect(Instant.days(year: date.year, month: date.month, day: date.day) == day)
    }
  }
}
