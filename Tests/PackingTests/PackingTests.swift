import Packing
import Support
import Testing

/// What packs must unpack, and what does not unpack must say so within its bounds.
struct PackingTests {
  static let sizes = [0, 1, 2, 15, 64, 255, 4_096, 70_000, 300_000]

  static func sample(_ size: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<size).map { $0 % 7 < 4 ? 65 : UInt8.random(in: 0...255, using: &generator) }
  }

  @Test(arguments: sizes)
  func everyFormRoundTrips(size: Int) throws {
    let bytes = Self.sample(size, seed: 1)
    #expect(try LZ4.decompress(LZ4.compress(bytes), size: size) == bytes)
    #expect(try Snappy.decompress(Snappy.compress(bytes), limit: size) == bytes)
    #expect(try Gzip.inflate(Gzip.deflate(bytes), limit: size) == bytes)
  }

  @Test func aMillionZerosUnpackWithinTheirLimitOnly() throws {
    let zeros = [UInt8](repeating: 0, count: 1_000_000)
    let packed = Gzip.deflate(zeros)
    #expect(packed.count < 2_000)
    #expect(try Gzip.inflate(packed, limit: 1_000_000) == zeros)
    #expect(throws: PackingFault.tooLarge) { try Gzip.inflate(packed, limit: 999_999) }
    #expect(throws: PackingFault.tooLarge) {
      try Snappy.decompress(Snappy.compress(zeros), limit: 999_999)
    }
    let block = LZ4.compress(zeros)
    #expect(try LZ4.decompress(block, size: 1_000_000) == zeros)
    #expect(throws: PackingFault.corrupt) { try LZ4.decompress(block, size: 999_999) }
    #expect(throws: PackingFault.corrupt) { try LZ4.decompress(block, size: 1_000_001) }
  }

  @Test func concatenatedMembersCountTogether() throws {
    let packed = Gzip.deflate(Array("one".utf8)) + Gzip.deflate(Array("two".utf8))
    #expect(try Gzip.inflate(packed, limit: 6) == Array("onetwo".utf8))
    #expect(throws: PackingFault.tooLarge) { try Gzip.inflate(packed, limit: 5) }
  }

  @Test func aZlibFrameIsAcceptedToo() throws {
    // "a" in a zlib frame: header, stored block, Adler-32 (RFC 1950).
    let framed: [UInt8] = [0x78, 0x01, 1, 1, 0, 0xFE, 0xFF, 97, 0, 98, 0, 98]
    #expect(try Gzip.inflate(framed, limit: 1) == [97])
    var wrong = framed
    wrong[11] ^= 1
    #expect(throws: PackingFault.corrupt) { try Gzip.inflate(wrong, limit: 1) }
  }

  @Test func gzipCutAtEveryByteIsRefused() {
    let packed = Gzip.deflate(Self.sample(300, seed: 2))
    for length in 0..<packed.count {
      #expect(throws: PackingFault.truncated) {
        try Gzip.inflate(Array(packed[..<length]), limit: 1_000)
      }
    }
  }

  @Test func aWrongChecksumLengthOrTrailingByteIsRefused() {
    let packed = Gzip.deflate(Self.sample(300, seed: 3))
    for offset in 1...8 {
      var wrong = packed
      wrong[packed.count - offset] ^= 0x40
      #expect(throws: PackingFault.corrupt) { try Gzip.inflate(wrong, limit: 1_000) }
    }
    #expect(throws: PackingFault.self) { try Gzip.inflate(packed + [1], limit: 1_000) }
    #expect(throws: PackingFault.truncated) { try Gzip.inflate([], limit: 10) }
  }

  @Test(
    arguments: [
      [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
      [4, 1, 0, 0], [4, 5, 0], [4], [], [4, 0, 97, 0x02, 9, 0],
      [0xFF, 0x06, 0x00, 0x00, 0x73, 0x4E, 0x61, 0x50, 0x70, 0x59],
    ] as [[UInt8]])
  func brokenSnappyIsRefused(bytes: [UInt8]) {
    #expect(throws: PackingFault.self) { try Snappy.decompress(bytes, limit: 1 << 20) }
  }

  @Test func randomBytesNeverTrapAndStayBounded() {
    var generator = SeededGenerator(seed: 4)
    let whole = Self.sample(2_000, seed: 5)
    let packs = [LZ4.compress(whole), Snappy.compress(whole), Gzip.deflate(whole)]
    for round in 0..<3_000 {
      var bytes = packs[round % 3]
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      }
      if round % 5 == 0 { bytes.removeLast(bytes.count / 2) }
      let unpacked = [
        (try? LZ4.decompress(bytes, size: 2_000)) ?? [],
        (try? Snappy.decompress(bytes, limit: 4_000)) ?? [],
        (try? Gzip.inflate(bytes, limit: 4_000)) ?? [],
      ]
      #expect(unpacked.allSatisfy { $0.count <= 4_000 })
    }
  }

  @Test func theChecksumIsTheOneOfTheSpecification() {
    #expect(Checksum.xxh3([UInt8]()) == 0x2D06_8005_38D3_94C2)
    #expect(Checksum.xxh3([1, 2, 3]) != Checksum.xxh3([1, 2, 4]))
  }
}
