package import Bytes
package import Querying

/// Something the business does many times a day, declared in a process file: what counts as done,
/// what as failed, how long it takes, what one is worth.
package struct BusinessProcess: Sendable, Equatable {
  /// What one unit is worth, in a currency as the file writes it (`EUR`).
  package struct Worth: Sendable, Equatable {
    package let amount: Double
    package let currency: String

    package init(amount: Double, currency: String) {
      self.amount = amount
      self.currency = currency
    }
  }

  /// A log query whose rows are counted, or a selector of counters whose increase is.
  package struct Signal: Sendable, Equatable {
    package let language: Language
    package let text: ByteString

    package init(_ language: Language, _ text: ByteString) {
      self.language = language
      self.text = text
    }
  }

  /// A log query and the numeric field, in seconds, that says how long its operation took.
  package struct Timing: Sendable, Equatable {
    package let query: ByteString
    package let field: ByteString

    package init(query: ByteString, field: ByteString) {
      self.query = query
      self.field = field
    }
  }

  /// What the first list of a process counts.
  package enum Basis: Sendable, Equatable {
    /// Operations that went well: attempts are these and the bad ones.
    case good
    /// All operations, of which the bad ones are a part.
    case attempts
  }

  package let name: ByteString
  package let title: String
  /// What one operation is called, in the plural: `orders`.
  package let unit: String
  package let worth: Worth?
  /// Whose deploys concern it; an empty environment stands for all.
  package let service: ByteString
  package let environment: ByteString
  package let basis: Basis
  /// Each operation is counted by one of them only.
  package let done: [Signal]
  package let bad: [Signal]
  package let timing: Timing?

  package init(
    name: ByteString, title: String, unit: String, worth: Worth? = nil,
    service: ByteString = "odoo", environment: ByteString = .empty, basis: Basis = .good,
    done: [Signal], bad: [Signal], timing: Timing? = nil
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.worth = worth
    self.service = service
    self.environment = environment
    self.basis = basis
    self.done = done
    self.bad = bad
    self.timing = timing
  }
}
