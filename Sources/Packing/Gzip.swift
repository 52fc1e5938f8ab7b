import CZlib

/// Deflate streams with a gzip or zlib frame (RFC 1952, RFC 1950).
public enum Gzip {
  private static let gzipFrame: Int32 = 15 + 16

  /// Unpacks one member, or several one behind the other, and checks each one's checksum and
  /// length. Stops with `tooLarge` at the byte after `limit`, whatever the input declares.
  public static func inflate(_ bytes: [UInt8], limit: Int) throws(PackingFault) -> [UInt8] {
    guard UInt32(exactly: bytes.count) != nil else { throw .tooLarge }
    let inflater = try Inflater(limit: limit)
    var output: [UInt8] = []
    var consumed = 0
    repeat {
      consumed += try inflater.unpackMember(bytes.span, from: consumed, into: &output)
    } while consumed < bytes.count
    return output
  }

  /// Packs bytes into one gzip member.
  public static func deflate(_ bytes: [UInt8]) -> [UInt8] {
    guard let length = UInt32(exactly: bytes.count) else { return [] }
    // zlib remembers the stream's address, so it must not move.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    defer { stream.deallocate() }
    stream.initialize(to: z_stream())
    guard
      deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzipFrame, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { return [] }
    defer { deflateEnd(stream) }
    let bound = Int(deflateBound(stream, UInt(length)))
    return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
      bytes.withUnsafeBufferPointer { source in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.pointee.avail_in = length
        stream.pointee.next_out = target.baseAddress
        stream.pointee.avail_out = UInt32(clamping: bound)
        let status = CZlib.deflate(stream, Z_FINISH)
        count = status == Z_STREAM_END ? Int(stream.pointee.total_out) : 0
      }
    }
  }
}

/// zlib's inflating state, kept over all members of one body: thousands of empty members then cost
/// no more than their bytes.
private struct Inflater: ~Copyable {
  /// Accepts a gzip as well as a zlib frame, with zlib's largest window (zlib.h, inflateInit2).
  private static let anyFrame: Int32 = 15 + 32
  private static let chunkBytes = 64 << 10

  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let chunk: UnsafeMutableBufferPointer<UInt8>
  private let limit: Int

  init(limit: Int) throws(PackingFault) {
    self.limit = limit
    stream = .allocate(capacity: 1)
    chunk = .allocate(capacity: Self.chunkBytes)
    stream.initialize(to: z_stream())
    chunk.initialize(repeating: 0)
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, Self.anyFrame, ZLIB_VERSION, size) == Z_OK else { throw .corrupt }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    chunk.deallocate()
  }

  /// Unpacks the member at `start` and returns how many bytes of input it took.
  func unpackMember(
    _ bytes: Span<UInt8>, from start: Int, into output: inout [UInt8]
  ) throws(PackingFault) -> Int {
    guard start < bytes.count else { throw .truncated }
    guard inflateReset(stream) == Z_OK else { throw .corrupt }
    var fault: PackingFault?
    bytes.extracting(start..<bytes.count).withUnsafeBufferPointer { source in
      // zlib only reads through next_in; its type has no const unless ZLIB_CONST is defined.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.pointee.avail_in = UInt32(clamping: source.count)
      fault = drain(into: &output)
    }
    if let fault { throw fault }
    return Int(stream.pointee.total_in)
  }

  private func drain(into output: inout [UInt8]) -> PackingFault? {
    while true {
      stream.pointee.next_out = chunk.baseAddress
      stream.pointee.avail_out = UInt32(clamping: chunk.count)
      let status = inflate(stream, Z_NO_FLUSH)
      let produced = chunk.count - Int(stream.pointee.avail_out)
      guard produced <= limit - output.count else { return .tooLarge }
      output.append(contentsOf: chunk[..<produced])
      switch status {
      case Z_STREAM_END: return nil
      case Z_OK: if stream.pointee.avail_in == 0, produced == 0 { return .truncated }
      case Z_BUF_ERROR: return .truncated
      default: return .corrupt
      }
    }
  }
}
