package import Bytes
package import Model

/// One alert as receivers are told of it. Times are nanoseconds since 1970.
package struct Notice: Sendable, Equatable {
  package var labels: Labels
  package var annotations: Labels
  package var startsAt: Int64
  /// When it was resolved; means nothing while it fires.
  package var endsAt: Int64
  package var isFiring: Bool
  /// Where people see the alert's expression.
  package var generatorURL: String
  /// 16 hexadecimal digits that name the label set.
  package var fingerprint: String

  /// Takes the fingerprint from the labels unless one is given.
  package init(
    labels: Labels, annotations: Labels, startsAt: Int64, endsAt: Int64 = 0, isFiring: Bool,
    generatorURL: String = "", fingerprint: String? = nil
  ) {
    self.labels = labels
    self.annotations = annotations
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.isFiring = isFiring
    self.generatorURL = generatorURL
    self.fingerprint = fingerprint ?? Self.fingerprint(of: labels)
  }

  /// The fingerprint Alertmanager gives a label set: FNV-1a, 64 bits, over each name and value in
  /// order of name, each followed by byte 255.
  package static func fingerprint(of labels: Labels) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bytes: [UInt8]) {
      for byte in bytes {
        hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
      }
      hash = (hash ^ 255) &* 0x0000_0100_0000_01b3
    }
    for label in labels.pairs {
      add(label.name.bytes)
      add(label.value.bytes)
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Notices that are told together because they agree in the labels grouped by.
package struct NoticeGroup: Sendable, Equatable {
  /// What notices are grouped by where nothing else is said: the rule, and the business process.
  package static let defaultLabels: [ByteString] = ["alertname", "process"]

  package let labels: Labels
  /// In order of their labels.
  package let notices: [Notice]

  /// Groups notices by the labels named `names`, in order of those labels.
  package static func groups(
    of notices: [Notice], by names: [ByteString] = defaultLabels
  ) -> [NoticeGroup] {
    var members: [Labels: [Notice]] = [:]
    for notice in notices { members[notice.labels.keeping(names), default: []].append(notice) }
    return members.sorted { $0.key < $1.key }.map { labels, notices in
      NoticeGroup(labels: labels, notices: notices.sorted { $0.labels < $1.labels })
    }
  }

  /// The group's name, as Alertmanager writes it for a route without matchers.
  package var key: String {
    let inner = labels.pairs.map { pair in
      var quoted: [UInt8] = []
      JSONText.quote(pair.value.bytes.span, into: &quoted)
      return "\(pair.name.text)=\(String(decoding: quoted, as: UTF8.self))"
    }
    return "{}:{" + inner.joined(separator: ", ") + "}"
  }

  /// Firing as long as one of its notices is.
  package var isFiring: Bool { notices.contains(where: \.isFiring) }
}
