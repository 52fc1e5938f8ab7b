import CZstd
import Synchronization

/// Zstandard frames (RFC 8878). The caller keeps the unpacked size. A value owns its working
/// memory, about a megabyte, and uses it again: keep one for many blocks, on one thread.
public struct Zstandard: ~Copyable {
  private let compressor: OpaquePointer?
  private let decompressor: OpaquePointer?

  public init() {
    compressor = ZSTD_createCCtx()
    decompressor = ZSTD_createDCtx()
  }

  deinit {
    ZSTD_freeCCtx(compressor)
    ZSTD_freeDCtx(decompressor)
  }

  /// Appends a frame that holds `bytes` and returns its size; nil, with nothing appended, when
  /// there is no memory for it.
  public func compress(
    _ bytes: Span<UInt8>, level: Int32 = 1, into target: inout [UInt8]
  ) -> Int? {
    let bound = ZSTD_compressBound(bytes.count)
    let before = target.count
    target.append(addingCapacity: bound) { room in
      // The room has the size that any input of this length fits into.
      room.withUnsafeMutableBufferPointer { room, count in
        let written = bytes.withUnsafeBytes { source in
          ZSTD_compressCCtx(
            compressor, room.baseAddress, bound, source.baseAddress, source.count, level)
        }
        count = ZSTD_isError(written) == 0 ? written : 0
      }
    }
    return target.count > before ? target.count - before : nil
  }

  /// Unpacks a frame whose unpacked size is known; `corrupt` when it does not give exactly `size`
  /// bytes, `tooLarge` when `size` is beyond `limit`: a frame may claim to expand 32,000 times.
  public func decompress(
    _ bytes: Span<UInt8>, size: Int, limit: Int
  ) throws(PackingFault) -> [UInt8] {
    guard size >= 0, size <= limit else { throw .tooLarge }
    let unpacked = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      let written = bytes.withUnsafeBytes { source in
        ZSTD_decompressDCtx(
          decompressor, target.baseAddress, size, source.baseAddress, source.count)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    guard unpacked.count == size else { throw .corrupt }
    return unpacked
  }

  /// Unpacks a frame as `decompress` does, for those that have no `Zstandard` at hand.
  public static func unpack(
    _ bytes: Span<UInt8>, size: Int, limit: Int
  ) throws(PackingFault) -> [UInt8] {
    guard size >= 0, size <= limit else { throw .tooLarge }
    let own = spare.withLock { $0.popLast() } ?? Decompressor()
    defer { spare.withLock { $0.append(own) } }
    let unpacked = [UInt8](unsafeUninitializedCapacity: size) { target, count in
      let written = bytes.withUnsafeBytes { source in
        ZSTD_decompressDCtx(
          own.context, target.baseAddress, size, source.baseAddress, source.count)
      }
      count = ZSTD_isError(written) == 0 ? written : 0
    }
    guard unpacked.count == size else { throw .corrupt }
    return unpacked
  }

  /// Working memory that nobody uses just now: as many as there once were threads that unpacked.
  private static let spare = Mutex<[Decompressor]>([])
}

// One thread at a time has it: it is taken out of the list of spare ones.
/// Working memory to unpack with, some hundred kilobytes.
private final class Decompressor: @unchecked Sendable {
  let context = ZSTD_createDCtx()

  deinit {
    ZSTD_freeDCtx(context)
  }
}
