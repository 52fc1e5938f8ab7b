/// Why packed bytes were refused.
public enum PackingFault: String, Error, Sendable, Equatable {
  /// The unpacked bytes would exceed the limit; nothing past it was written.
  case tooLarge
  /// The input ends inside the packed form.
  case truncated
  /// The packed form is wrong, or its checksum does not match.
  case corrupt
}
