import Bytes

extension PromQL {
  /// Checks that what stands together fits together, in Prometheus' words.
  struct TypeCheck {
    let text: QueryText

    func check(_ expression: Expression) throws(QueryFault) {
      for child in expression.children { try check(child) }
      switch expression {
      case .number, .string, .paren, .range: break
      case .selector(let node): try check(node)
      case .subquery(let node):
        guard node.inner.type == .vector else {
          throw fault(
            "subquery is only allowed on instant vector, got \(node.inner.type.rawValue) instead",
            node.place)
        }
      case .unary(let node):
        guard node.operand.type == .scalar || node.operand.type == .vector else {
          throw fault(
            "unary expression only allowed on expressions of type scalar or instant vector, "
              + "got \"\(node.operand.type.documented)\"", node.place)
        }
      case .binary(let node): try check(node)
      case .aggregation(let node): try check(node)
      case .call(let node): try check(node)
      }
      if case .range(let node) = expression { try check(node.selector) }
    }

    private func fault(_ message: String, _ place: Place) -> QueryFault {
      text.fault(message, at: place.range.lowerBound)
    }

    private func expect(
      _ type: ValueType, _ expression: Expression, in context: String
    ) throws(QueryFault) {
      guard expression.type == type else {
        throw fault(
          "expected type \(type.documented) in \(context), got \(expression.type.documented)",
          expression.place)
      }
    }

    private func check(_ selector: Selector) throws(QueryFault) {
      if selector.name != nil,
        let other = selector.matchers.dropFirst().first(where: { $0.name == "__name__" })
      {
        throw fault(
          "metric name must not be set twice: "
            + "\(Quoting.quote(selector.name ?? .empty)) or \(Quoting.quote(other.value))",
          selector.place)
      }
      if selector.matchers.allSatisfy(\.acceptsEmpty) {
        throw fault(
          "vector selector must contain at least one non-empty matcher", selector.place)
      }
    }

    private func check(_ node: Binary) throws(QueryFault) {
      let operation = node.operation
      let name = operation.rawValue
      let types = [node.left.type, node.right.type]
      if node.returnsBool, !operation.isComparison {
        throw fault("bool modifier can only be used on comparison operators", node.operatorPlace)
      }
      if operation.isComparison, !node.returnsBool, types == [.scalar, .scalar] {
        throw fault("comparisons between scalars must use BOOL modifier", node.operatorPlace)
      }
      if operation.isSet,
        node.matching.cardinality == .oneToMany || node.matching.cardinality == .manyToOne
      {
        throw fault("no grouping allowed for \"\(name)\" operation", node.operatorPlace)
      }
      if node.matching.isOn,
        let label = node.matching.labels.first(where: { node.matching.included.contains($0) })
      {
        throw fault(
          "label \(Quoting.quote(label)) must not occur in ON and GROUP clause at once",
          node.operatorPlace)
      }
      for side in [node.left, node.right] where side.type != .scalar && side.type != .vector {
        throw fault(
          "binary expression must contain only scalar and instant vector types", side.place)
      }
      if types != [.vector, .vector] {
        if !node.matching.labels.isEmpty {
          throw fault(
            "vector matching only allowed between instant vectors", node.operatorPlace)
        }
        if operation.isSet {
          throw fault(
            "set operator \"\(name)\" not allowed in binary scalar expression", node.operatorPlace)
        }
      }
    }

    private func check(_ node: Aggregation) throws(QueryFault) {
      try expect(.vector, node.operand, in: "aggregation expression")
      guard let parameter = node.parameter else { return }
      try expect(
        node.kind == .countValues ? .string : .scalar, parameter, in: "aggregation parameter")
    }

    private func check(_ call: Call) throws(QueryFault) {
      let function = call.function
      let least = function.takes.count - function.optional
      let count = call.arguments.count
      let wrong: String?
      if function.optional == 0, !function.repeats {
        wrong = count == least ? nil : "expected \(least) argument(s)"
      } else if count < least {
        wrong = "expected at least \(least) argument(s)"
      } else if !function.repeats, count > function.takes.count {
        wrong = "expected at most \(function.takes.count) argument(s)"
      } else {
        wrong = nil
      }
      if let wrong {
        throw fault("\(wrong) in call to \"\(function.name)\", got \(count)", call.place)
      }
      for (index, argument) in call.arguments.enumerated() {
        let type = function.takes[Swift.min(index, function.takes.count - 1)]
        try expect(type, argument, in: "call to function \"\(function.name)\"")
      }
    }
  }
}
