import Bytes
import Glibc
import Model
import Templating

/// A template of `line_format` or `label_format`, compiled: Go's text/template with the functions
/// that Loki documents ("LogQL template functions").
struct LineTemplate: Sendable {
  /// A piece of a template that only puts labels and the line one behind the other.
  private enum Part: Sendable {
    case literal(ByteString)
    case label(ByteString)
    case line
  }

  /// Nil for templates that do more; these are filled in by the engine.
  private let parts: [Part]?
  private let template: TextTemplate<LineTemplateHost>
  private let text: ByteString
  /// `line` or `label`, as Loki calls templates in its messages.
  private let name: String
  /// When the query was made ready, so that all its rows agree; nanoseconds.
  private let now: Int64

  /// The labels it reads.
  var names: TemplateNames { template.names }

  /// `label` is the label that the template makes; nil for `line_format`. Throws on what is no
  /// template, with the position in it.
  init(_ text: ByteString, label: ByteString? = nil) throws(QueryFault) {
    self.text = text
    name = label == nil ? "line" : "label"
    do throws(TemplateFault) {
      template = try TextTemplate(text, LineFunctions.table)
    } catch {
      let what = label.map { "invalid template for label '\($0)'" } ?? "invalid line template"
      throw QueryFault(.badData, "\(what): \(Self.message(error, text, name))")
    }
    parts = template.parts.flatMap(Self.simple)
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    now = Int64(time.tv_sec) &* Instant.second &+ Int64(time.tv_nsec)
  }

  private static func simple(
    _ parts: [TextTemplate<LineTemplateHost>.Part]
  ) -> [Part]? {
    var simple: [Part] = []
    for part in parts {
      switch part {
      case .text(let text): simple.append(.literal(text))
      case .member(let name): simple.append(.label(name))
      case .call(let function):
        guard function == LineFunctions.line else { return nil }
        simple.append(.line)
      }
    }
    return simple
  }

  /// The template filled in with the row, or why it cannot be; what that cost is added to `work`.
  func filled(
    _ row: LogRow, in batch: Batch, work: inout Int
  ) -> Result<[UInt8], QueryFault> {
    var out: [UInt8] = []
    if let parts {
      for part in parts {
        switch part {
        case .literal(let text): out += text.bytes
        case .label(let name): out += row.text(name, in: batch).bytes
        case .line: row.withLine(batch) { Self.append($0, to: &out) }
        }
      }
      return .success(out)
    }
    do throws(TemplateFault) {
      let host = LineTemplateHost(row: row, batch: batch, now: now)
      try template.fill(host, into: &out, work: &work)
      return .success(out)
    } catch {
      return .failure(QueryFault(.execution, Self.message(error, text, name)))
    }
  }

  /// `template: line:1:8: ...`.
  private static func message(_ fault: TemplateFault, _ text: ByteString, _ name: String) -> String
  {
    "template: \(name):\(fault.position == nil ? " " : "")\(fault.located(in: text))"
  }

  private static func append(_ line: Span<UInt8>, to out: inout [UInt8]) {
    line.withUnsafeBufferPointer { out.append(contentsOf: $0) }
  }
}

/// A row as templates see it: its labels are the members of record 0.
struct LineTemplateHost: TemplateHost {
  let row: LogRow
  let batch: Batch
  /// Nanoseconds.
  let now: Int64

  /// Labels there are none of are empty, as Loki has it.
  func member(_ name: ByteString, of record: Int) -> TemplateValue? {
    .text(row.text(name, in: batch))
  }

  func members(of record: Int) -> [TemplateMember] {
    row.all(in: batch).map { TemplateMember($0.name, .text($0.value)) }
  }
}
