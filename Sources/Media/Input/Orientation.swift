/// How stored pictures must be turned and mirrored to be upright.
struct Orientation: Hashable {
  /// Mirror left and right, after turning.
  var isMirrored = false
  /// Turn clockwise by this many degrees: 0, 90, 180 or 270.
  var degrees = 0

  /// Stored pictures are upright.
  static let upright = Orientation()

  /// Whether width and height change places.
  var swapsAxes: Bool { degrees % 180 == 90 }

  /// The orientation nearest to an FFmpeg display matrix (libavutil/display.h): row by row, nine
  /// numbers, of which the first (a), second (b), fourth (c) and fifth (d) map (x, y), with y
  /// downwards, to (a·x + c·y, b·x + d·y).
  init(displayMatrix matrix: UnsafePointer<Int32>) {
    let (a, b, c, d) = (Int(matrix[0]), Int(matrix[1]), Int(matrix[3]), Int(matrix[4]))
    isMirrored = a * d - b * c < 0
    // Mirroring changes the signs of a and c only, so that b and d tell the angle.
    if abs(a) + abs(d) >= abs(b) + abs(c) {
      degrees = d < 0 ? 180 : 0
    } else {
      degrees = b > 0 ? 90 : 270
    }
  }

  init() {}

  /// The libavfilter filters that do it: names and arguments.
  var filters: [(name: String, arguments: String)] {
    switch (degrees, isMirrored) {
    case (90, false): [("transpose", "clock")]
    case (90, true): [("transpose", "clock"), ("hflip", "")]
    case (270, false): [("transpose", "cclock")]
    case (270, true): [("transpose", "cclock"), ("hflip", "")]
    case (180, false): [("hflip", ""), ("vflip", "")]
    case (180, true): [("vflip", "")]
    case (_, true): [("hflip", "")]
    default: []
    }
  }
}
