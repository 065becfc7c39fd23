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
        "latency_frames_bound", "latency_ms", "dropped", "left_out", "queue_max", "discontinuities",
        "reconnects", "overlap", "peak_rss_bytes",
      ])
    let number = { (key: String) in stats[key] as? Double ?? .nan }
    #expect(number("frames_in") == 30 && number("frames_out") == 30)
    #expect(number("clips") == 6)
    #expect(number("fps") > 0)
    #expect(number("latency_frames_bound") == Double(bound))
    #expect(number("latency_frames_max") <= Double(bound))
    for key in ["dropped", "left_out", "discontinuities", "reconnects"] {
      #expect(number(key) == 0)
    }
    #expect((1...5).contains(number("queue_max")))
    #expect(number("overlap") == 3)
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
    for words in ["lite", "CPU", "f32", "T_c 8", "T_o 3", "7 frames late", " ms a clip", " MB"] {
      #expect(line.contains(words))
    }
  }

  @Test("a broken latency contract is an exit status and a line, once everything is written")
  func latencyContract() throws {
    let broken = try folder.run("\(run) --max-latency 0.001")
    #expect(broken.status == 3)
    #expect(broken.isOneError(saying: "30 of 30 masks", "later than 0.001 ms", "latest after"))
    #expect(try folder.size("masks.gray") == 30 * 128 * 96)
    #expect(try folder.run("\(run) --max-latency 600000").status == 0)
  }

  @Test("the masks of the first clip are not held to it where only later ones have a bound")
  func firstClip() throws {
    let outcome = try folder.run("\(run) --emit first --max-latency 0.001")
    #expect(outcome.isOneError(saying: "22 of 22 masks"))
  }

  @Test(
    "statistics come every so often, on stderr or appended to a file", arguments: [true, false])
  func interval(toFile: Bool) throws {
    let command =
      "ffmpeg -v error -re -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -f yuv4mpegpipe -"
      + " | csnstream - --input-size 64 --mask masks.gray -y --stats-interval 0.3"
    let outcome = try folder.run(toFile ? "\(command) --stats-log log" : command)
    #expect(outcome.status == 0)
    let lines =
      toFile
      ? String(decoding: try folder.data("log"), as: UTF8.self).split(separator: "\n")
        .map(String.init) : Array(outcome.messages.dropFirst())
    let reports = try lines.map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(reports.count >= 3)
    for report in reports {
      #expect(
        Set(report.keys) == [
          "seconds", "frames_in", "frames_out", "dropped", "left_out", "discontinuities",
          "reconnects", "fps", "latency_ms", "queues", "overlap", "rss_bytes",
        ])
    }
    let framesOut = reports.compactMap { $0["frames_out"] as? Int }
    #expect(framesOut == framesOut.sorted() && framesOut.count == reports.count)
    #expect((reports.last?["rss_bytes"] as? Int).map { $0 > 20_000_000 } == true)
  }

  @Test(
    "options that cannot be are refused",
    arguments: [
      "--overlap 8", "--overlap 5-8", "--overlap 4-2", "--overlap 0-3 --schedule published",
      "--max-latency 0", "--stats-interval 0", "--stats-log log", "--drop newest", "--cuts on",
    ])
  func refusals(options: String) throws {
    #expect(try folder.run("\(run) \(options)").status == 64)
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
