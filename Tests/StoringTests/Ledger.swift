import Bytes
import Model
import Storing

/// What a store has promised of each row, by what it answered so far.
struct Ledger: Sendable {
  /// What may be found of a row.
  enum Fate: Sendable {
    /// Sent and not acknowledged: with all of its batch, or nothing of it.
    case sent
    /// Acknowledged, or seen: there, once.
    case stored
    /// Being deleted, or past its time: once at most.
    case leaving
    /// Deleted: never again, whoever asks.
    case deleted
    /// Not found by a start: never again, unless it is sent again.
    case absent
  }

  private struct Row: Sendable {
    let batch: Int
    var fate: Fate
  }

  /// A batch as it was sent.
  struct Sent: Sendable {
    let name: String
    let key: ByteString?
    let batch: Batch
    let pieces: [Rows.Piece]

    init(_ name: String, _ batch: Batch, key: ByteString? = nil) {
      self.name = name
      self.key = key
      self.batch = batch
      pieces = Rows.pieces(of: batch)
    }
  }

  private(set) var sent: [Sent] = []
  private var rows: [Rows.Piece: Row] = [:]

  mutating func send(_ one: Sent) {
    for piece in one.pieces { rows[piece] = Row(batch: sent.count, fate: .sent) }
    sent.append(one)
  }

  mutating func acknowledge(_ name: String) {
    guard let one = sent.first(where: { $0.name == name }) else { return }
    for piece in one.pieces where rows[piece]?.fate == .sent { rows[piece]?.fate = .stored }
  }

  /// Notes that a deletion or the retention begins that takes these rows.
  mutating func leave(_ pieces: [Rows.Piece]) {
    for piece in pieces {
      if let fate = rows[piece]?.fate, fate == .stored || fate == .sent {
        rows[piece]?.fate = .leaving
      }
    }
  }

  /// Notes that they are gone for good.
  mutating func forget(_ pieces: [Rows.Piece]) {
    for piece in pieces where rows[piece]?.fate == .leaving { rows[piece]?.fate = .deleted }
  }

  /// The batches that are stored, all of their rows.
  var stored: [Sent] {
    sent.filter { one in one.pieces.allSatisfy { rows[$0]?.fate == .stored } }
  }

  /// What is wrong with what a store holds, in words; empty when every promise holds.
  func faults(in found: [Rows.Piece: Int]) -> [String] {
    var faults: [String] = []
    for (piece, count) in found {
      guard let row = rows[piece] else {
        faults.append("nobody sent \(piece.name)")
        continue
      }
      if count > 1 { faults.append("\(count) times \(piece.name)") }
      if row.fate == .deleted || row.fate == .absent { faults.append("came back: \(piece.name)") }
    }
    var sentAndThere: [Int: (there: Int, all: Int)] = [:]
    for (piece, row) in rows {
      let isThere = found[piece] != nil
      if row.fate == .stored, !isThere { faults.append("lost \(piece.name)") }
      if row.fate == .sent {
        sentAndThere[row.batch, default: (0, 0)].all += 1
        sentAndThere[row.batch, default: (0, 0)].there += isThere ? 1 : 0
      }
    }
    for (batch, counts) in sentAndThere where counts.there > 0 && counts.there < counts.all {
      faults.append("torn \(sent[batch].name)")
    }
    return faults.sorted()
  }

  /// What a start shows must stay, and what it does not show must stay away.
  mutating func settle(on found: [Rows.Piece: Int]) {
    for (piece, row) in rows where row.fate == .sent {
      rows[piece]?.fate = found[piece] == nil ? .absent : .stored
    }
  }

  /// A client comes again with a batch that was refused, or that it heard nothing of.
  mutating func retry(_ one: Sent) {
    for piece in one.pieces where rows[piece]?.fate == .absent { rows[piece]?.fate = .sent }
  }
}
