import Bytes
import Decoding
import Foundation
import Model
import Receiving
import Storing
import Synchronization
import Tagging

/// receive -> decode -> tag -> store, for one UDP socket. All but the completions of commits runs
/// on the receiver's thread.
final class DatagramPipeline: DatagramConsumer {
  /// Rows wait this long for company; the committer may add 50 ms.
  private static let longestWait: Int64 = 25_000_000
  private static let largestBatch = 5_000

  /// What the receiver's thread works on.
  private struct State {
    var format: any WireFormat
    var batch = Batch()
    var firstRowAt: Int64?
    var pending = 0
  }

  let books: Books
  let receiver: UDPReceiver
  private let store: Store
  private let retention: Int64
  // Held by the receiver's thread only; the lock is there for the compiler and never contended.
  private let state: Mutex<State>
  private let inFlight = InFlight()

  init(_ format: any WireFormat.Type, receiver: UDPReceiver, store: Store, retention: Int64) {
    self.receiver = receiver
    self.store = store
    self.retention = retention
    books = Books(listener: "udp:\(receiver.port)", format: format.name)
    state = Mutex(State(format: format.init()))
  }

  /// Starts the thread that reads the socket.
  func start() {
    let thread = Thread { self.receiver.run(self) }
    thread.name = "udp-\(receiver.port)"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Reads what is queued, commits it, and returns.
  func stop() {
    receiver.stop()
    while !receiver.isStopped { usleep(5_000) }
    inFlight.wait()
    countKernelDrops()
  }

  func countKernelDrops() {
    let drops = receiver.kernelDrops
    books.write { $0.kernelDrops = drops }
  }

  func receive(_ datagram: borrowing Datagram) {
    let now = WallClock.now()
    let source = FrameSource(key: datagram.sender, receivedAt: now)
    let bytes = datagram.bytes
    state.withLock { state in
      do throws(Fault) {
        try state.format.decode(bytes, from: source, into: &state.batch)
      } catch {
        state.batch.faults.add(error)
      }
    }
    books.write {
      $0.frames += 1
      $0.bytes += bytes.count
    }
  }

  func roundEnded() {
    let now = WallClock.now()
    state.withLock { state in
      state.format.flush(now: now, everything: false, into: &state.batch)
      note(&state)
      guard let first = state.firstRowAt else { return }
      if now - first >= Self.longestWait || state.batch.rowCount >= Self.largestBatch {
        commit(&state, now)
      }
    }
  }

  func stopped() {
    let now = WallClock.now()
    state.withLock { state in
      state.format.flush(now: now, everything: true, into: &state.batch)
      note(&state)
      commit(&state, now)
    }
  }

  /// Books faults and what newly waits inside the format.
  private func note(_ state: inout State) {
    let pending = state.format.pendingRows
    let faults = state.batch.faults
    let newlyPending = pending - state.pending
    state.pending = pending
    state.batch.faults = FaultTally()
    if state.firstRowAt == nil, !state.batch.isEmpty { state.firstRowAt = WallClock.now() }
    if faults.total == 0 && newlyPending == 0 { return }
    books.write {
      $0.received += faults.total + newlyPending
      $0.rejected.add(faults)
      $0.pending += newlyPending
    }
  }

  private func commit(_ state: inout State, _ now: Int64) {
    state.firstRowAt = nil
    guard !state.batch.isEmpty else { return }
    var batch = state.batch
    state.batch = Batch()
    let received = batch.foldedRows ?? batch.rowCount
    var context = TaggingContext(now: now, retention: retention)
    context.tenantField = "db"
    Tagger.tag(&batch, context)
    let faults = batch.faults
    books.write {
      $0.received += received
      $0.rejected.add(faults)
    }
    guard !batch.isEmpty else { return }
    // Folded rows are stamped by us, so tagging never refuses one.
    let stored = batch.foldedRows ?? batch.rowCount
    inFlight.enter()
    store.append(batch, idempotencyKey: nil, mayWait: true) { [books, inFlight] result in
      books.write {
        if case .success = result { $0.stored += stored } else { $0.dropped += stored }
      }
      inFlight.leave()
    }
  }
}

/// Counts commits that are on their way, so that a stop can wait for them.
private final class InFlight: Sendable {
  private let group = DispatchGroup()

  func enter() { group.enter() }
  func leave() { group.leave() }
  func wait() { group.wait() }
}
