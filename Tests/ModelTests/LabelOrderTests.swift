import Bytes
import Model
import Support
import Testing

/// Many labels are put in the order that two have.
@Suite struct LabelOrderTests {
  private static let texts: [ByteString] = ["a", "ab", "b", "é", "~", "a\u{1}", "z\0", "\0"]

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func ordersAsTwoCompare(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    // Zeros are in texts of some seeds only: they take another way.
    let texts = seed % 2 == 0 ? Self.texts : Array(Self.texts.dropLast(2))
    let all = (0..<60).map { place in
      let pairs = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        Label(
          texts.randomElement(using: &random) ?? "a", texts.randomElement(using: &random) ?? "a")
      }
      return (place: place, labels: Labels(pairs))
    }
    let expected = all.sorted { left, right in
      left.labels == right.labels ? left.place < right.place : left.labels < right.labels
    }
    let ordered = all.ordered(by: \.labels)
    #expect(ordered.map(\.place) == expected.map(\.place))
    #expect(ordered.ordered(by: \.labels).map(\.place) == expected.map(\.place))
  }
}
