/// We ship programs: between rooms the access level is `package`.
struct AccessRule: TidyRule {
  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "public struct A {}"],
    ["Sources/A/A.swift": "  open class B {}"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "/// A public matter.\npackage struct A { let open = 1 }\nf(open: 1)"]
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    tree.sources.flatMap { file in
      ["public", "open"].flatMap { word in
        file.code.places(of: word).compactMap { place -> Complaint? in
          let next = file.code.name(at: place + word.utf8.count)
          guard Declarations.keywords.contains(next) else { return nil }
          return Complaint(file, line: file.code.line(of: place), "\(word): say package")
        }
      }
    }
  }
}
