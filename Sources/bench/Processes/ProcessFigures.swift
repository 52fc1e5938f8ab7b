import Foundation

/// What the kernel knows of a running process (proc(5)) and of a folder.
enum ProcessFigures {
  /// User and system CPU seconds since its start; throws when there is no such process.
  static func cpu(of id: pid_t) throws -> (total: Double, system: Double) {
    let line = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
    // The name in brackets may hold blanks; field 3 follows it.
    let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
      throw BenchFault("/proc/\(id)/stat is not understood")
    }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    return ((user + system) / ticks, system / ticks)
  }

  /// The most memory it held at once, in bytes.
  static func peakBytes(of id: pid_t) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
    for line in text.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let words = line.split { $0 == " " || $0 == "\t" }
      if words.count > 1, let kibibytes = Double(words[1]) { return kibibytes * 1_024 }
    }
    throw BenchFault("/proc/\(id)/status has no VmHWM")
  }

  /// Bytes of the plain files below a folder: in whole blocks, and by length. Files whose path
  /// holds `except` are left out.
  static func size(
    ofFolder folder: String, except: String? = nil
  ) throws -> (disk: Double, files: Double) {
    var disk = 0.0
    var files = 0.0
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      if let except, name.contains(except) { continue }
      var status = stat()
      guard lstat(folder + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        continue
      }
      // st_blocks counts 512 bytes each, whatever the file system's own blocks are (stat(3type)).
      disk += Double(status.st_blocks) * 512
      files += Double(status.st_size)
    }
    return (disk, files)
  }

  /// Asks the kernel to forget what it holds of the files below a folder, so that they are read
  /// from the disk again.
  static func forgetCached(_ folder: String) throws {
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      let file = open(folder + "/" + name, O_RDONLY)
      guard file >= 0 else { continue }
      fdatasync(file)
      posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
      close(file)
    }
  }
}
