import Media

/// Gives the parts of masks numbers that last from frame to frame: a part has the number of the one
/// of the previous frame that it shares most pixels with, each number being given once.
struct ObjectTracker {
  /// What became of the objects in a frame.
  struct Update: Equatable {
    /// The number of each component, in their order.
    var ids: [Int] = []
    /// Those that were not in the previous frame.
    var appeared: [Int] = []
    /// Those that were in the previous frame only.
    var vanished: [Int] = []
  }

  private let size: PixelSize
  /// [H, W]: the number of the object that each pixel of the previous frame belongs to; 0 for none.
  private var labels: [Int]
  private var ids: [Int] = []
  private var nextID = 1

  /// Makes a tracker for masks of `size`.
  init(size: PixelSize) {
    self.size = size
    labels = Array(repeating: 0, count: size.width * size.height)
  }

  /// Forgets where objects were, so that none of the next frame is one of them.
  mutating func beginScene() { labels.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }

  /// Takes the parts of the next frame.
  mutating func update(_ components: [MaskComponent]) -> Update {
    var matches: [Int: Int] = [:]
    for overlap in overlaps(components)
    where matches[overlap.component] == nil && !matches.values.contains(overlap.id) {
      matches[overlap.component] = overlap.id
    }
    var update = Update()
    for index in components.indices {
      if let id = matches[index] {
        update.ids.append(id)
      } else {
        update.ids.append(nextID)
        update.appeared.append(nextID)
        nextID += 1
      }
    }
    update.vanished = ids.filter { !update.ids.contains($0) }
    ids = update.ids
    remember(components)
    return update
  }

  /// Which components lie on which objects of the previous frame, the largest overlap first.
  private func overlaps(
    _ components: [MaskComponent]
  ) -> [(component: Int, id: Int, pixels: Int)] {
    var overlaps: [(component: Int, id: Int, pixels: Int)] = []
    for (index, component) in components.enumerated() {
      var pixels: [Int: Int] = [:]
      for run in component.runs {
        let start = run.row * size.width
        var rest = labels[start + run.columns.lowerBound..<start + run.columns.upperBound]
        while let id = rest.first {
          let count = rest.prefix { $0 == id }.count
          if id != 0 { pixels[id, default: 0] += count }
          rest = rest.dropFirst(count)
        }
      }
      overlaps += pixels.map { (index, $0.key, $0.value) }
    }
    return overlaps.sorted { ($1.pixels, $0.id) < ($0.pixels, $1.id) }
  }

  private mutating func remember(_ components: [MaskComponent]) {
    labels.withUnsafeMutableBufferPointer { labels in
      labels.update(repeating: 0)
      for (component, id) in zip(components, ids) {
        for run in component.runs {
          for column in run.columns { labels[run.row * size.width + column] = id }
        }
      }
    }
  }
}
