import Model

/// Numbers by fingerprint. A fingerprint is a hash already, so its own bits choose the place: open
/// addressing with linear probing, at most half full.
struct FingerprintTable: Sendable {
  /// A place; one whose number is 0 is free.
  private struct Slot {
    var low: UInt64 = 0
    var high: UInt64 = 0
    var number: UInt32 = 0
  }

  private var slots: [Slot] = []
  private(set) var count = 0
  /// The fingerprint kept last of each number, from 1: a sender that repeats itself asks for them
  /// one after the other, and then they are not sought.
  private var ofNumber: [Fingerprint] = []

  /// The number kept under each of these, or 0.
  func numbers(of fingerprints: [Fingerprint]) -> [UInt32] {
    var likely = 0
    return fingerprints.map { fingerprint in
      let number =
        likely < ofNumber.count && ofNumber[likely] == fingerprint && fingerprint != .none
        ? UInt32(truncatingIfNeeded: likely + 1) : self[fingerprint]
      likely = Int(number)
      return number
    }
  }

  /// The number kept under a fingerprint, or 0.
  subscript(fingerprint: Fingerprint) -> UInt32 {
    guard !slots.isEmpty else { return 0 }
    return slots[place(of: fingerprint)].number
  }

  /// Keeps a number, which is not 0, under a fingerprint.
  mutating func insert(_ number: UInt32, _ fingerprint: Fingerprint) {
    if (count + 1) * 2 > slots.count { grow() }
    let place = place(of: fingerprint)
    if slots[place].number == 0 { count += 1 }
    slots[place] = Slot(low: fingerprint.low, high: fingerprint.high, number: number)
    let missing = Int(number) - ofNumber.count
    if missing > 0 { ofNumber += repeatElement(.none, count: missing) }
    ofNumber[Int(number) - 1] = fingerprint
  }

  mutating func removeAll() {
    slots = []
    ofNumber = []
    count = 0
  }

  /// Where it is, or would be.
  private func place(of fingerprint: Fingerprint) -> Int {
    place(of: fingerprint.low, fingerprint.high)
  }

  private func place(of low: UInt64, _ high: UInt64) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: low) & mask
    while slots[place].number != 0, slots[place].low != low || slots[place].high != high {
      place = (place + 1) & mask
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: max(1_024, old.count * 2))
    for slot in old where slot.number != 0 { slots[place(of: slot.low, slot.high)] = slot }
  }
}
