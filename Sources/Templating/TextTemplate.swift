package import Bytes
import Model

/// Text with `{{ ... }}` actions, compiled: Go's text/template but for `define`, `template` and
/// `block`, with the functions of a table. It may be filled in from several threads at once.
package struct TextTemplate<Host: TemplateHost>: Sendable {
  /// A piece of a template that is text, members of record 0, and calls without arguments, only.
  package enum Part: Sendable {
    case text(ByteString)
    case member(ByteString)
    case call(String)
  }

  private let nodes: [TemplateNode]
  private let table: TemplateTable<Host>
  private let slots: Int
  /// The members of record 0 that it reads.
  package let names: TemplateNames

  /// Throws on what is not of the language, on names that the table does not know, and on calls
  /// with a wrong number of arguments, each with its position.
  package init(
    _ text: ByteString, _ table: TemplateTable<Host>
  ) throws(TemplateFault) {
    var parser = try TemplateParser(text, table)
    nodes = try parser.parse()
    slots = parser.slots
    names = parser.names
    self.table = table
  }

  /// The template as a row of parts; nil when it does more than put them one behind the other.
  package var parts: [Part]? {
    var parts: [Part] = []
    for node in nodes {
      switch node {
      case .text(let text): parts.append(.text(text))
      case .action(let pipeline):
        guard let part = part(pipeline) else { return nil }
        parts.append(part)
      default: return nil
      }
    }
    return parts
  }

  private func part(_ pipeline: TemplatePipeline) -> Part? {
    guard pipeline.slot == nil, pipeline.commands.count == 1,
      let command = pipeline.commands.first, command.arguments.isEmpty
    else { return nil }
    switch command.head {
    case .member(.dot, let path, _), .member(.root, let path, _):
      return path.count == 1 ? .member(path[0]) : nil
    case .function(let place): return .call(table.functions[place].name)
    default: return nil
    }
  }

  /// Appends the text filled in to `output`, and what that cost, in bytes read and written, to
  /// `work`. Throws when a function cannot do its work, when more than `limit` bytes would be
  /// printed, and when it costs more than `Limits.templateWork`; `output` has what came before.
  package func fill(
    _ host: Host, limit: Int = Limits.templateValueBytes, into output: inout [UInt8],
    work: inout Int
  ) throws(TemplateFault) {
    var execution = TemplateExecution(host, table, slots: slots, limit: limit)
    swap(&execution.output, &output)
    defer {
      swap(&execution.output, &output)
      work += execution.work
    }
    _ = try execution.write(nodes, dot: .record(0))
  }
}
