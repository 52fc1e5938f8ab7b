package import Bytes
import Model

/// What templates are filled in with.
package protocol TemplateHost: SendableMetatype {
  /// The member of a record; nil when records of its kind cannot have it.
  func member(_ name: ByteString, of record: Int) -> TemplateValue?
  /// All members of a record, in the order of their names.
  func members(of record: Int) -> [TemplateMember]
}

/// A function of templates.
package struct TemplateFunction<Host: TemplateHost>: Sendable {
  /// What it does with a call.
  package typealias Body = @Sendable (TemplateCall<Host>) throws(TemplateFault) -> TemplateValue
  /// What it makes of a constant first argument when the template is compiled.
  package typealias Preparation = @Sendable (ByteString) throws(TemplateFault) -> any Sendable

  package let name: String
  /// How many arguments it takes, a piped one included.
  package let count: ClosedRange<Int>
  let prepare: Preparation?
  let body: Body

  package init(
    _ name: String, _ count: ClosedRange<Int>, prepare: Preparation? = nil, _ body: @escaping Body
  ) {
    self.name = name
    self.count = count
    self.prepare = prepare
    self.body = body
  }

  package init(
    _ name: String, _ count: Int, prepare: Preparation? = nil, _ body: @escaping Body
  ) {
    self.init(name, count...count, prepare: prepare, body)
  }
}

/// The functions and names that a kind of template knows.
package struct TemplateTable<Host: TemplateHost>: Sendable {
  let functions: [TemplateFunction<Host>]
  let places: [String: Int]
  /// Variables that stand for members of record 0: `$value` for `.Value`.
  let variables: [String: ByteString]
  /// The members of record 0; nil when any name is one.
  let members: [String]?

  /// A function of the table takes the place of one of Go's own of the same name; with
  /// `comparesTextAsNumber`, `eq` and its like read a number out of a text that they compare with
  /// one.
  package init(
    _ functions: [TemplateFunction<Host>], variables: [String: ByteString] = [:],
    members: [String]? = nil, comparesTextAsNumber: Bool = false
  ) {
    let all = BuiltinFunctions<Host>.all(comparesTextAsNumber: comparesTextAsNumber) + functions
    self.functions = all
    var places: [String: Int] = [:]
    for (place, function) in all.enumerated() { places[function.name] = place }
    self.places = places
    self.variables = variables
    self.members = members
  }
}

/// One call of a function: its arguments, a piped one last.
package struct TemplateCall<Host: TemplateHost> {
  package let name: String
  package let arguments: [TemplateValue]
  package let host: Host

  /// The argument at a place; nil when it was not given.
  package func argument(_ place: Int) -> TemplateValue {
    place < arguments.count ? arguments[place] : .none
  }

  /// The argument as a text; throws when it is something else.
  package func text(_ place: Int) throws(TemplateFault) -> ByteString {
    guard let text = argument(place).bytes else {
      throw mismatch(place, "a text", "write it as one with toString or printf")
    }
    return text
  }

  /// The argument as an integer; throws when it is something else.
  package func integer(_ place: Int) throws(TemplateFault) -> Int64 {
    guard case .integer(let integer) = argument(place) else {
      throw mismatch(place, "an integer", "make it one with int")
    }
    return integer
  }

  /// The argument as a count of characters, neither more nor less than a template may print.
  package func width(_ place: Int) throws(TemplateFault) -> Int {
    let limit = Int64(Limits.templateValueBytes)
    return Int(Swift.min(Swift.max(try integer(place), -limit), limit))
  }

  /// The argument as a time; throws when it is something else.
  package func time(_ place: Int) throws(TemplateFault) -> TemplateTime {
    guard case .time(let time) = argument(place) else {
      throw mismatch(place, "a time", "make it one with toDate or unixToTime")
    }
    return time
  }

  /// All arguments from a place on as Go prints them in a row.
  package func printed(from place: Int = 0) throws(TemplateFault) -> ByteString {
    ByteString(try PrintedText.joined(arguments.dropFirst(place), host))
  }

  /// A fault that names the function.
  package func fault(_ message: String) -> TemplateFault { TemplateFault("\(name): \(message)") }

  private func mismatch(_ place: Int, _ wanted: String, _ way: String) -> TemplateFault {
    let given = argument(place)
    return fault("argument \(place + 1) must be \(wanted), got \(given.described); \(way)")
  }
}
