import Evaluation
import Foundation
import Media

extension EvaluatedSequence {
  /// Compares predictions with the ground truth, on all cores.
  /// - Parameter prediction: makes that of a frame, counted among those that count, in the size of its
  ///   ground truth.
  func evaluate(
    _ prediction: @escaping @Sendable (Int, PixelSize) throws -> Prediction
  ) async throws -> [FrameMeasures] {
    let workers = min(frames.count, ProcessInfo.processInfo.activeProcessorCount)
    return try await withThrowingTaskGroup(of: [(Int, FrameMeasures)].self) { group in
      for worker in 0..<workers {
        group.addTask {
          try stride(from: worker, to: frames.count, by: workers).map { index in
            try Task.checkCancellation()
            let path = frames[index].groundTruth
            // The colour images of the original FBMS have objects in colours on white.
            let image = try MaskImage(path: path, whiteIsBackground: path.hasSuffix("_gt.ppm"))
            let truth = BinaryMask(
              width: image.size.width, height: image.size.height, levels: image.pixels,
              threshold: 1)
            let prediction = try prediction(index, image.size)
            return (
              index,
              FrameMeasures(mask: prediction.mask, levels: prediction.levels, truth: truth)
            )
          }
        }
      }
      var measures: [(Int, FrameMeasures)] = []
      for try await part in group { measures += part }
      return measures.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}
