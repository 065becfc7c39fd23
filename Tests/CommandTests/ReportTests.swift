import Foundation
import Testing

/// What a run tells: statistics, progress and messages.
@Suite(.timeLimit(.minutes(5))) struct ReportTests {
  private let folder: TestFolder

  init() throws {
    folder = try TestFolder()
    try folder.makeVideo("in.mp4")
  }

  private let run = "csnstream in.mp4 --input-size 64 --mask masks.gray -y"

  @Test(
    "statistics have all their keys, and numbers that fit together",
    arguments: [("final", 7), ("first", 4)])
  func statistics(emission: String, bound: Int) throws {
    try folder.check("\(run) --stats stats.json --emit \(emission)")
    let stats = try #require(
      JSONSerialization.jsonObject(with: folder.data("stats.json")) as? [String: Any])
    #expect(
      Set(stats.keys) == [
        "frames_in", "frames_out", "clips", "fps", "stages", "latency_frames_max",
        "latency_frames_bound", "latency_ms", "dropped", "reconnects", "peak_rss_bytes",
      ])
    let number = { (key: String) in stats[key] as? Double ?? .nan }
    #expect(number("frames_in") == 30 && number("frames_out") == 30)
    #expect(number("clips") == 6)
    #expect(number("fps") > 0)
    #expect(number("latency_frames_bound") == Double(bound))
    #expect(number("latency_frames_max") <= Double(bound))
    #expect(number("dropped") == 0 && number("reconnects") == 0)
    #expect((20_000_000...500_000_000).contains(number("peak_rss_bytes")))
    let latency = try #require(stats["latency_ms"] as? [String: Double])
    #expect(Set(latency.keys) == ["p50", "p95", "max"])
    #expect(latency["p50"]! <= latency["p95"]! && latency["p95"]! <= latency["max"]!)
    let stages = try #require(stats["stages"] as? [String: Double])
    #expect(Set(stages.keys) == ["decode", "scale", "inference", "output"])
    #expect(stages.values.allSatisfy { $0 > 0 })
  }

  @Test("the first line says what runs, how late masks are and how much memory it takes")
  func startLine() throws {
    let outcome = try folder.run("\(run) --threads 1 --precision f32")
    #expect(outcome.messages.count == 1)
    let line = try #require(outcome.messages.first)
    for words in ["lite", "CPU", "f32", "T_c 8", "T_o 3", "7 frames (280 ms)", " MB"] {
      #expect(line.contains(words))
    }
  }

  @Test("progress is silent without a terminal, and when it is to be", arguments: ["auto", "none"])
  func silent(style: String) throws {
    #expect(try folder.run("\(run) --progress \(style)").messages.count == 1)
  }

  @Test("progress as JSON is an object per line and ends with all frames")
  func json() throws {
    let lines = try folder.run("\(run) --progress json").messages.dropFirst()
    let reports = lines.map {
      (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
    }
    #expect(reports.allSatisfy { $0?["frame"] is Int && $0?["fps"] is Double })
    let last = try #require(reports.last as? [String: Any])
    #expect(last["end"] as? Bool == true)
    #expect(last["frame"] as? Int == 30 && last["frames"] as? Int == 30)
    #expect(last["eta_seconds"] as? Double == 0)
  }

  @Test("progress as ffmpeg tells it is blocks of keys and values")
  func ffmpeg() throws {
    let lines = try folder.run("\(run) --progress ffmpeg").messages.dropFirst()
    let pairs = lines.map { $0.split(separator: "=").map(String.init) }
    #expect(pairs.allSatisfy { $0.count == 2 })
    #expect(
      pairs.suffix(5).map { $0[0] } == [
        "frame", "fps", "out_time_us", "drop_frames", "progress",
      ])
    #expect(pairs.suffix(5).first == ["frame", "30"] && pairs.last == ["progress", "end"])
  }

  @Test("a terminal gets a bar")
  func bar() throws {
    let text = try folder.check("script -qec '\(run) 2>&1' /dev/null")
    #expect(text.contains("100 % ██████") && text.contains("30/30"))
  }

  @Test("the version is a number")
  func version() throws {
    #expect(try folder.check("csnstream --version").wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test("the doctor names versions, devices, weights and the cache")
  func doctor() throws {
    let text = try folder.check("csnstream doctor")
    for words in ["csnstream", "OpenVINO", "libavcodec", "CPU", "lite.safetensors", "/csnstream"] {
      #expect(text.contains(words))
    }
  }

  @Test("help names the verbs and every option")
  func help() throws {
    #expect(try folder.check("csnstream --help").contains("doctor"))
    let text = try folder.check("csnstream run --help")
    for option in ["--mask", "--emit", "--stats", "--input-size", "#FF3030"] {
      #expect(text.contains(option))
    }
  }

  @Test("without arguments it says how it is used")
  func usage() throws {
    let outcome = try folder.run("csnstream")
    #expect(outcome.status == 64)
    #expect(outcome.messages.contains { $0.contains("USAGE: csnstream") })
    #expect(outcome.output.isEmpty)
  }
}
