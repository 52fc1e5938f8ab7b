import Bytes
package import Model

/// One alert of a rule: a set of labels that its expression gave. Times are nanoseconds since 1970.
package struct ActiveAlert: Sendable, Equatable {
  /// Where an alert stands.
  package enum State: String, Sendable {
    /// It was firing and is over; kept for a while so that everybody hears of it.
    case inactive
    /// The expression holds, but not for long enough yet.
    case pending
    case firing
  }

  package var labels: Labels
  package var annotations: Labels
  package var value: Double
  package var state: State
  /// Since when the expression holds without a break.
  package var activeAt: Int64
  package var firedAt: Int64?
  package var resolvedAt: Int64?
  /// Since when the expression does not hold while the alert is kept firing.
  package var keepingSince: Int64?
  /// When receivers were told last.
  package var notifiedAt: Int64?
}

extension ActiveAlert {
  /// The alert as it is stored.
  func stored(group: String, rule: ByteString) -> ByteString {
    var json = JSONWriter()
    json.object { json in
      json.key("group")
      json.string(group)
      json.key("rule")
      json.string(rule)
      for (name, labels) in [("labels", labels), ("annotations", annotations)] {
        json.key(name)
        json.object { json in
          for pair in labels.pairs {
            json.key(pair.name)
            json.string(pair.value)
          }
        }
      }
      // As bits: JSON has no NaN, and a value must come back as it was.
      json.key("value")
      json.string(String(value.bitPattern, radix: 16))
      json.key("state")
      json.string(state.rawValue)
      json.key("activeAt")
      json.integer(activeAt)
      for (name, time) in [
        ("firedAt", firedAt), ("resolvedAt", resolvedAt), ("keepingSince", keepingSince),
        ("notifiedAt", notifiedAt),
      ] {
        guard let time else { continue }
        json.key(name)
        json.integer(time)
      }
    }
    return ByteString(json.bytes)
  }

  /// Reads a stored alert; nil when it is not one.
  static func read(_ body: ByteString) -> (group: String, rule: ByteString, alert: ActiveAlert)? {
    guard let json = try? JSONValue(parsing: body.bytes), let group = json["group"]?.text,
      let rule = json["rule"]?.bytes, let state = json["state"]?.text.flatMap(State.init),
      let activeAt = json["activeAt"]?.integer,
      let bits = json["value"]?.text.flatMap({ UInt64($0, radix: 16) })
    else { return nil }
    func labels(_ name: String) -> Labels {
      Labels(
        (json[name]?.members ?? []).compactMap { member in
          member.value.bytes.map { Label(member.key, $0) }
        })
    }
    return (
      group, rule,
      ActiveAlert(
        labels: labels("labels"), annotations: labels("annotations"),
        value: Double(bitPattern: bits), state: state, activeAt: activeAt,
        firedAt: json["firedAt"]?.integer, resolvedAt: json["resolvedAt"]?.integer,
        keepingSince: json["keepingSince"]?.integer, notifiedAt: json["notifiedAt"]?.integer)
    )
  }
}
