package import Bytes

/// A business process of the fleet that a release can break.
package enum BusinessProcess: String, Sendable, CaseIterable {
  case orderImport, shipmentUpdates, picking

  /// What people call it.
  package var title: String {
    switch self {
    case .orderImport: "order import"
    case .shipmentUpdates: "shipment updates"
    case .picking: "picking"
    }
  }

  /// Its place in per-process arrays.
  var place: Int {
    switch self {
    case .orderImport: 0
    case .shipmentUpdates: 1
    case .picking: 2
    }
  }
}

/// How a release breaks a process; each is a regression pattern known from real deployments.
package enum DefectKind: String, Sendable, CaseIterable {
  case importValidation, importKeyError, importCommitForbidden
  case shipmentCronFails, shipmentCronsStopped
  case pickingKeyError, pickingAttributeError, pickingUndefinedColumn

  /// What it breaks.
  package var process: BusinessProcess {
    switch self {
    case .importValidation, .importKeyError, .importCommitForbidden: .orderImport
    case .shipmentCronFails, .shipmentCronsStopped: .shipmentUpdates
    case .pickingKeyError, .pickingAttributeError, .pickingUndefinedColumn: .picking
    }
  }

  /// What the logs will show, in a few words.
  package var sign: String {
    switch self {
    case .importValidation: "queue jobs end with a ValidationError and status 400"
    case .importKeyError: "queue jobs end with a KeyError and status 500"
    case .importCommitForbidden: "queue jobs end with \"Commit is forbidden\" and status 500"
    case .shipmentCronFails: "the cron's server action fails with an AttributeError"
    case .shipmentCronsStopped:
      "crons stop with \"Skipping database ... because of modules to install/upgrade/remove\""
    case .pickingKeyError: "button_validate raises KeyError behind status 200"
    case .pickingAttributeError: "button_validate raises AttributeError behind status 200"
    case .pickingUndefinedColumn: "button_validate meets an undefined column behind status 200"
    }
  }
}

/// What the rollout of a fleet breaks: one process, for the tenants of one wave.
package struct Defect: Sendable, Equatable {
  /// How it breaks what it breaks.
  package let kind: DefectKind
  /// The number of the wave it hits, from 1.
  package let wave: Int
  /// The tenants of that wave.
  package let tenants: [ByteString]
  /// Which share of the process' operations fail, 0 to 1; with crons that stop it is 1.
  package let share: Double
  /// Nanoseconds since 1970 from when they fail.
  package let start: Int64
}
