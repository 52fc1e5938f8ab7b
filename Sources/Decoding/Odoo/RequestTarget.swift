import Bytes
import Model

/// The target of a request: path, query, the model and method Odoo's RPC routes name, and the job
/// of queue_job's route.
struct RequestTarget {
  let path: Range<Int>
  let query: Range<Int>
  let fragment: Range<Int>

  init(_ target: Span<UInt8>) {
    let hash = target.firstIndex(of: UInt8(ascii: "#")) ?? target.count
    let mark = target.extracting(0..<hash).firstIndex(of: UInt8(ascii: "?")) ?? hash
    path = 0..<mark
    query = Swift.min(mark + 1, hash)..<hash
    fragment = Swift.min(hash + 1, target.count)..<target.count
  }

  func addFields(of target: Span<UInt8>, into batch: inout Batch) {
    batch.addFieldOnce("path", target.extracting(path), .text)
    if !query.isEmpty { batch.addFieldOnce("query", target.extracting(query), .text) }
    if let (model, method) = call(in: target) {
      batch.addFieldOnce("model", target.extracting(model), .text)
      batch.addFieldOnce("rpc_method", target.extracting(method), .text)
    }
    if target.extracting(path).equals("/queue_job/runjob"),
      let job = parameter("job_uuid=", in: target)
    {
      batch.addFieldOnce("job_uuid", target.extracting(job), .text)
    }
  }

  /// The value of a query parameter; `name` ends with `=`.
  func parameter(_ name: StaticString, in target: Span<UInt8>) -> Range<Int>? {
    var cursor = Cursor(target, query)
    while !cursor.isAtEnd {
      let start = cursor.position
      let pair = cursor.take { $0 != UInt8(ascii: "&") }
      _ = cursor.skip(UInt8(ascii: "&"))
      if target.extracting(pair).matches(name, at: 0) {
        return (start + name.utf8CodeUnitCount)..<pair.upperBound
      }
    }
    return nil
  }

  /// Model and method: from the path of `call_kw`, `call_button` and `/json/2`, else from the
  /// fragment that 19 and 20 append on RPC routes. Elsewhere a fragment is the client's own.
  private func call(in target: Span<UInt8>) -> (Range<Int>, Range<Int>)? {
    var cursor = Cursor(target, path)
    if cursor.skip("/web/dataset/call_kw") || cursor.skip("/web/dataset/call_button") {
      return cursor.skip(47) ? segments(&cursor) ?? dotted(target) : dotted(target)
    }
    if cursor.skip("/json/2/") { return segments(&cursor) }
    if cursor.skip("/jsonrpc") || cursor.skip("/xmlrpc") { return dotted(target) }
    return nil
  }

  private func segments(_ cursor: inout Cursor) -> (Range<Int>, Range<Int>)? {
    guard let model = cursor.take(until: 47) else { return nil }
    let method = cursor.take { $0 != 47 }
    return model.isEmpty || method.isEmpty ? nil : (model, method)
  }

  private func dotted(_ target: Span<UInt8>) -> (Range<Int>, Range<Int>)? {
    guard let point = fragment.last(where: { target[$0] == 46 }), point > fragment.lowerBound,
      point + 1 < fragment.upperBound
    else { return nil }
    return (fragment.lowerBound..<point, (point + 1)..<fragment.upperBound)
  }
}
