import Bytes
import Model
import Querying
import Testing

struct PromQLAnswerTests {
  private func text(_ value: QueryValue) -> String {
    String(decoding: PrometheusAnswer.success(value), as: UTF8.self)
  }

  @Test func valuesInTheFormOfTheAPI() {
    let labels = Labels([Label("__name__", "up"), Label("job", "a\"b")])
    let point = Point(time: 1_435_781_430_781, value: 1)
    #expect(
      text(.vector([VectorElement(labels: labels, point: point)]))
        == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":"#
        + #"{"__name__":"up","job":"a\"b"},"value":[1435781430.781,"1"]}]}}"#)
    let points = [point, Point(time: 1_435_781_431_000, value: .nan)]
    #expect(
      text(.matrix([MatrixSeries(labels: .empty, points: points)]))
        == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"#
        + #""values":[[1435781430.781,"1"],[1435781431,"NaN"]]}]}}"#)
    #expect(
      text(.scalar(Point(time: 4_000, value: 2)))
        == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
    #expect(
      text(.string("a", time: -1_500))
        == #"{"status":"success","data":{"resultType":"string","result":[-1.500,"a"]}}"#)
    #expect(
      text(.vector([])) == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
  }

  @Test(arguments: [
    (0.0, "0"), (-12.25, "-12.25"), (0.000_123, "0.000123"),
    (9_007_199_254_740_993.0, "9007199254740992"),
    (0.1 + 0.2, "0.30000000000000004"), (999_999_999.999_999, "999999999.999999"),
    (1e15, "1000000000000000"), (-0.0, "-0"), (0.1, "0.1"), (1e-6, "0.000001"), (1e-7, "1e-07"),
    (1e21, "1e+21"),
    (1e20, "100000000000000000000"), (1.5e-9, "1.5e-09"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    (123_456.789, "123456.789"), (.leastNonzeroMagnitude, "5e-324"),
  ])
  func numbers(value: Double, text: String) {
    var bytes: [UInt8] = []
    PrometheusAnswer.append(number: value, to: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test func faults() {
    let fault = QueryFault(.execution, "it \"broke\"")
    #expect(
      String(decoding: PrometheusAnswer.failure(fault), as: UTF8.self)
        == #"{"status":"error","errorType":"execution","error":"it \"broke\""}"#)
    #expect(PrometheusAnswer.status(of: fault) == 422)
  }

  @Test func namesAndSeries() {
    #expect(
      String(decoding: PrometheusAnswer.names(["a", "b"]), as: UTF8.self)
        == #"{"status":"success","data":["a","b"]}"#)
    #expect(
      String(
        decoding: PrometheusAnswer.series([Labels([Label("a", "b")])], warnings: ["w"]),
        as: UTF8.self)
        == #"{"status":"success","data":[{"a":"b"}],"warnings":["w"]}"#)
  }
}
