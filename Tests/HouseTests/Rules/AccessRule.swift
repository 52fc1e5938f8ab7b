/// We ship programs: between rooms the access level is `package`. In the rooms whose functions all
/// hot loops call it is `public`, since the compiler inlines nothing else across rooms.
struct AccessRule: TidyRule {
  private static let inlined = ["Sources/Bytes/", "Sources/Model/", "Sources/Packing/"]

  let bad: [[String: String]] = [
    ["Sources/A/A.swift": "public struct A {}"],
    ["Sources/A/A.swift": "  open class B {}"],
    ["Sources/Model/A.swift": "package struct A {}"],
    ["Sources/Bytes/A.swift": "  open class B {}"],
  ]
  let good: [[String: String]] = [
    ["Sources/A/A.swift": "/// A public matter.\npackage struct A { let open = 1 }\nf(open: 1)"],
    ["Sources/Bytes/A.swift": "/// A public matter.\npublic struct A {}"],
  ]

  func complaints(about tree: Tree) -> [Complaint] {
    tree.sources.flatMap { file in
      let isInlined = Self.inlined.contains { file.path.hasPrefix($0) }
      let access = isInlined ? "public" : "package"
      return [isInlined ? "package" : "public", "open"].flatMap { word in
        file.code.places(of: word).compactMap { place -> Complaint? in
          let next = file.code.name(at: place + word.utf8.count)
          guard Declarations.keywords.contains(next) else { return nil }
          return Complaint(file, line: file.code.line(of: place), "\(word): say \(access)")
        }
      }
    }
  }
}
