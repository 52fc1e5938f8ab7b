import Model
import Synchronization

/// Reads frames back from segment files; a few files stay open.
final class SegmentReaders: Sendable {
  private static let mostOpen = 64

  private let disk: any Disk
  private let folder: String
  private let files = Mutex<[Int: any DiskFile]>([:])

  init(_ disk: any Disk, _ folder: String) {
    self.disk = disk
    self.folder = folder
  }

  /// The batch of a frame; nil when it cannot be read, or is not the one that was written there.
  func batch(of entry: LogEntry) -> Batch? {
    guard let file = file(entry.segment),
      let bytes = try? file.read(at: entry.offset, count: entry.size),
      let frame = Frame(bytes.span, at: 0), frame.sequence == entry.sequence
    else { return nil }
    return frame.batch(bytes.span)
  }

  /// Closes a segment's file once no read needs it.
  func forget(_ segment: Int) {
    files.withLock { $0[segment] = nil }
  }

  private func file(_ segment: Int) -> (any DiskFile)? {
    files.withLock { files in
      if let file = files[segment] { return file }
      guard let file = try? disk.open(SegmentWriter.path(folder, segment), create: false) else {
        return nil
      }
      if files.count >= Self.mostOpen { files.removeAll() }
      files[segment] = file
      return file
    }
  }
}
