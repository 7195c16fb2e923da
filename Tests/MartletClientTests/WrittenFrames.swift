import MartletClient
import MartletUV

/// A sink that keeps what is written to it.
final class WrittenFrames: Sendable {
    private let frames = Locked<[String]>([])

    var sink: ClosureSink { ClosureSink { frame in self.frames.withLock { $0.append(frame) } } }
    /// Everything.
    var text: String { frames.withLock { $0.joined() } }
    /// How often something was written.
    var count: Int { frames.withLock { $0.count } }
}
