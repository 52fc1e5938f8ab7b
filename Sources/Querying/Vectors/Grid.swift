package import Model

/// An instant vector at each of a number of instants: what both languages compute with. Series are
/// columns; a column has one cell for each instant.
package struct Grid: Sendable, Equatable {
  /// One column.
  package struct Series: Sendable, Equatable {
    package var labels: Labels
    /// Whether the metric's name leaves the labels at the end of the query; functions that read
    /// labels still see it (Prometheus' delayed name removal).
    package var dropsName: Bool
    /// One value for each instant; `Double.absent` where there is none.
    package var values: [Double]

    package init(labels: Labels, values: [Double], dropsName: Bool = false) {
      self.labels = labels
      self.values = values
      self.dropsName = dropsName
    }

    /// Whether no instant has a value.
    package var isEmpty: Bool { values.allSatisfy(\.isAbsent) }
  }

  /// The number of instants.
  package let count: Int
  package var series: [Series]

  package init(count: Int, series: [Series] = []) {
    self.count = count
    self.series = series
  }

  /// Each value changed by `change`, series without any left out.
  package func mapping(dropsName: Bool, _ change: (Double) -> Double) -> Grid {
    mapping(dropsName: dropsName) { value, _ in change(value) }
  }

  /// The same, told the index of the instant; `Double.absent` leaves a value out.
  package func mapping(dropsName: Bool, _ change: (Double, Int) -> Double) -> Grid {
    var out = Grid(count: count)
    out.series.reserveCapacity(series.count)
    for column in series {
      var values = column.values
      var isEmpty = true
      for index in values.indices where !values[index].isAbsent {
        values[index] = change(values[index], index)
        if !values[index].isAbsent { isEmpty = false }
      }
      if isEmpty { continue }
      out.series.append(
        Series(
          labels: column.labels, values: values, dropsName: dropsName || column.dropsName))
    }
    return out
  }

  /// Columns of equal labels made one. Throws when two have a value at the same instant, and when
  /// one of them keeps its name and the other does not, both lose it.
  package func merged() throws(QueryFault) -> Grid {
    var places: [Labels: Int] = [:]
    places.reserveCapacity(series.count)
    var out = Grid(count: count)
    out.series.reserveCapacity(series.count)
    for column in series {
      guard let place = places[column.labels] else {
        places[column.labels] = out.series.count
        out.series.append(column)
        continue
      }
      if column.dropsName { out.series[place].dropsName = true }
      for index in column.values.indices where !column.values[index].isAbsent {
        guard out.series[place].values[index].isAbsent else {
          throw QueryFault(.execution, "vector cannot contain metrics with the same labelset")
        }
        out.series[place].values[index] = column.values[index]
      }
    }
    return out
  }

  /// The end of a query: names that are to leave do, and equal columns become one.
  package func named() throws(QueryFault) -> Grid {
    guard series.contains(where: \.dropsName) else { return try merged() }
    var out = self
    for index in out.series.indices where out.series[index].dropsName {
      out.series[index].labels.set(Labels.metricName, nil)
      out.series[index].dropsName = false
    }
    return try out.merged()
  }
}

extension Double {
  /// Prometheus' stale marker: the NaN that says a series ended here. In a grid it stands for
  /// "no value"; arithmetic never makes this bit pattern, since it sets the quiet bit.
  package static let absent = Double(bitPattern: 0x7FF0_0000_0000_0002)

  package var isAbsent: Bool { bitPattern == 0x7FF0_0000_0000_0002 }
}
