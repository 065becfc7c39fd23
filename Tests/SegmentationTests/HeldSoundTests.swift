import CFFmpeg
import Media
import Segmentation
import Testing

extension AudioPacket {
  private static let stream = AudioStream(
    index: 0, timeBase: Rational(1, 1000), copying: avcodec_parameters_alloc())

  /// A packet of nothing.
  static func empty(at milliseconds: Int64) -> AudioPacket {
    let packet = av_packet_alloc()!
    packet.pointee.pts = milliseconds
    return AudioPacket(owning: packet, stream: stream)
  }
}

@Suite struct HeldSoundTests {

  private func times(_ packets: [AudioPacket]) -> [Int64] { packets.map(\.timestamp.value) }

  @Test("sound leaves with the picture of its time, in order, and none is lost")
  func release() {
    var sound = HeldSound()
    for time in stride(from: Int64(-20), through: 200, by: 20) {
      #expect(sound.append(AudioPacket.empty(at: time)) == nil)
    }
    let picture = { Timestamp($0, timeBase: Rational(1, 25)) }
    #expect(times(sound.release(upTo: picture(0))) == [-20, 0])
    #expect(times(sound.release(upTo: picture(1))) == [20, 40])
    #expect(times(sound.release(upTo: picture(1))) == [])
    #expect(times(sound.release(upTo: picture(3))) == [60, 80, 100, 120])
    #expect(times(sound.release(upTo: nil)) == [140, 160, 180, 200])
    #expect(times(sound.releaseAll()) == [])
  }

  @Test("no more than a limited number of packets wait")
  func bound() {
    var sound = HeldSound()
    for time in 0..<HeldSound.capacity {
      #expect(sound.append(AudioPacket.empty(at: Int64(time))) == nil)
    }
    #expect(sound.append(AudioPacket.empty(at: 5000))?.timestamp.value == 0)
    #expect(sound.releaseAll().count == HeldSound.capacity)
  }
}
