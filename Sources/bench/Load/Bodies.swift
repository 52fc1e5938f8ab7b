import Bytes
import Foundation

/// Request bodies as places in a file, in the order they are sent.
struct Bodies: Sendable {
  let file: MappedFile
  let places: [Range<Int>]
  /// Rows of all bodies; nil where only the server can say.
  let rows: Int?

  var count: Int { places.count }
  var bytes: Int { places.reduce(0) { $0 + $1.count } }

  private init(_ file: MappedFile, _ places: [Range<Int>], rows: Int?) {
    self.file = file
    self.places = places
    self.rows = rows
  }

  /// Cuts a file of lines into bodies of so many lines, up to so many rows.
  init(lines file: MappedFile, perBody: Int, atMost limit: Int) throws {
    var places: [Range<Int>] = []
    var rows = 0
    var start = 0
    var inBody = 0
    var end = 0
    while end < file.bytes.count, rows < limit {
      end = Self.lineEnd(file.bytes, from: end)
      rows += 1
      inBody += 1
      if inBody == perBody {
        places.append(start..<end)
        start = end
        inBody = 0
      }
    }
    if inBody > 0 { places.append(start..<end) }
    self.init(file, places, rows: rows)
  }

  /// Takes bodies that stand one after another, each behind its length in four bytes, lowest
  /// first; `rows` is what they hold in all, where that is known. Throws when a length does not
  /// fit the file.
  init(prefixed file: MappedFile, rows: Int? = nil) throws {
    var places: [Range<Int>] = []
    var position = 0
    while position + 4 <= file.bytes.count {
      let length = file.bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      let start = position + 4
      position = start + Int(UInt32(littleEndian: length))
      guard position <= file.bytes.count else { break }
      places.append(start..<position)
    }
    guard position == file.bytes.count else {
      throw BenchFault("\(file.path) is not a file of length-prefixed bodies")
    }
    self.init(file, places, rows: rows)
  }

  /// A copy of one body.
  func body(_ index: Int) -> [UInt8] { file.copy(places[index]) }

  /// The last few bodies.
  func suffix(_ count: Int) -> Bodies { Bodies(file, Array(places.suffix(count)), rows: nil) }

  /// The place behind the next line feed, or the end. memchr stays within the mapping.
  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let base = bytes.baseAddress,
      let found = memchr(base + start, 10, bytes.count - start)
    else { return bytes.count }
    return UnsafeRawPointer(found) - base + 1
  }
}
