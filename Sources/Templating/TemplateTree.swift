import Bytes

/// A part of a template.
indirect enum TemplateNode: Sendable {
  case text(ByteString)
  case action(TemplatePipeline)
  /// `if` and its `else if`s, or with `bindsDot` `with`; the branch without a condition is `else`.
  case choice([TemplateBranch], bindsDot: Bool)
  case loop(TemplateLoop)
  case leave(isBreak: Bool)
}

/// A branch of `if` or `with`.
struct TemplateBranch: Sendable {
  let condition: TemplatePipeline?
  let body: [TemplateNode]
}

/// `{{ range $key, $element := pipeline }} body {{ else }} otherwise {{ end }}`.
struct TemplateLoop: Sendable {
  let pipeline: TemplatePipeline
  /// Slots of the variables; nil when there are none.
  let key: Int?
  let element: Int?
  let body: [TemplateNode]
  let otherwise: [TemplateNode]
  let position: Int
}

/// Commands joined by `|`, each value given to the next as its last argument.
struct TemplatePipeline: Sendable {
  /// The slot of the variable that takes the value; nothing is printed then.
  var slot: Int?
  var commands: [TemplateCommand]
  /// Whether it is `.` or `$` and nothing else, while `.` is what the template is filled in with.
  var isRoot = false
}

/// A value, or a function with its arguments.
struct TemplateCommand: Sendable {
  let head: TemplateOperand
  let arguments: [TemplateOperand]
  let position: Int
}

/// What an argument or a command without arguments can be.
indirect enum TemplateOperand: Sendable {
  case constant(TemplateValue)
  case dot
  case root
  case variable(Int)
  /// The place of a function in its table.
  case function(Int)
  case nested(TemplatePipeline)
  case member(TemplateOperand, [ByteString], position: Int)
}
