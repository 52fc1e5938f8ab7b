/// Every limit of ingest and query, each with its reason.
public enum Limits {
  /// A compressed request body; four times what a busy shipper sends at once.
  public static let compressedBodyBytes = 16 << 20
  /// A request body after decompression, which stops there whatever the input claims.
  public static let bodyBytes = 64 << 20
  /// One log row with all its fields; longer ones are cut and say so.
  public static let recordBytes = 256 << 10
  /// A multi-line record joined from lines; a traceback of 4,000 lines still fits.
  public static let joinedRecordBytes = 256 << 10
  /// How long an unfinished multi-line record waits for its next line.
  public static let joinNanoseconds: Int64 = 1_000_000_000
  /// Sources (address, process) whose last record is held open for joining.
  public static let joinedSources = 4_096
  /// Fields of one record; more are refused, a row is not a table.
  public static let fieldsPerRecord = 1_000
  /// Labels of one series, as VictoriaMetrics has it.
  public static let labelsPerSeries = 40
  public static let labelNameBytes = 256
  public static let labelValueBytes = 2_048
  /// Buckets of one native histogram; clients keep to 160 unless told otherwise.
  public static let bucketsPerHistogram = 10_000
  /// Rows of one frame, so that a body of empty lines cannot blow up.
  public static let rowsPerFrame = 2_000_000
  /// Streams of one push request, so that a body of empty ones cannot blow up.
  public static let streamsPerFrame = 100_000
  /// How far ahead of our clock a row may be: clocks differ, days do not.
  public static let futureNanoseconds: Int64 = 600 * 1_000_000_000
  /// Distinct values a statsd set counts in one flush.
  public static let setValues = 100_000
  /// Series a statsd listener aggregates in one flush.
  public static let aggregatedSeries = 200_000
  /// Statsd values in one line, `a:1:2:3|ms`.
  public static let valuesPerLine = 1_000
  /// An idempotency key, as sent in the header.
  public static let idempotencyKeyBytes = 256
  /// How long an idempotency key is remembered.
  public static let idempotencyNanoseconds: Int64 = 24 * 3_600 * 1_000_000_000
  /// The text of a query.
  public static let queryBytes = 16 << 10
  /// Nesting of a query's expressions.
  public static let queryDepth = 100
  /// Points per series of one range query, as Prometheus has it.
  public static let pointsPerSeries = 11_000
  /// Samples one query may touch.
  public static let samplesPerQuery = 50_000_000
  /// Series one query may return.
  public static let seriesPerQuery = 100_000
  /// Log rows one query may return.
  public static let rowsPerQuery = 5_000
  /// A regular expression's text, unless set otherwise, and the memory its automata take.
  public static let regexBytes = 4_096
  public static let regexMemory: Int64 = 8 << 20
  /// A rule or process file.
  public static let ruleFileBytes = 1 << 20
  /// Nodes of one YAML document.
  public static let yamlNodes = 10_000
  /// What an alert template may print.
  public static let templateOutputBytes = 64 << 10
  /// A text inside a template, and what a query's template may make of a line: four times the
  /// longest line.
  public static let templateValueBytes = 1 << 20
  /// Nesting of a template's blocks and parentheses.
  public static let templateDepth = 64
  /// What filling in a template once may cost, in bytes read and written; a call or a round of a
  /// loop costs as much as 32 bytes.
  public static let templateWork = 32 << 20
}
