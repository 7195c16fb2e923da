internal import MartletUV

/// Vectors on their way from the engine's thread.
final class EmbeddingResult: Sendable {
    private let gathered: Locked<[[Float]]>

    init(count: Int) { gathered = Locked(Array(repeating: [], count: count)) }

    var vectors: [[Float]] { gathered.withLock { $0 } }

    func set(_ vector: [Float], at index: Int) { gathered.withLock { $0[index] = vector } }
}
