/// Finds what a misspelt name was meant to be.
enum Spelling {
  /// The known name that is the fewest edits away; nil when none is near.
  static func nearest(to name: String, among known: [String]) -> String? {
    let allowed = max(1, min(3, (name.count + 1) / 2))
    return known.map { (name: $0, distance: distance(name, $0)) }
      .filter { $0.distance <= allowed }
      .min { $0.distance < $1.distance }?.name
  }

  /// How many characters must be added, removed or replaced to make one of the other (Levenshtein),
  /// capital letters being none.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.lowercased().prefix(64))
    let right = Array(right.lowercased().prefix(64))
    var row = Array(0...right.count)
    for (place, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = place + 1
      for (column, other) in right.enumerated() {
        let replaced = diagonal + (character == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
