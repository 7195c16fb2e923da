/// Write buffers of one loop. A connection holds one only while it has bytes to write. On the loop's thread only.
package struct BufferPool {
    private static let bufferSize = 16 * 1024
    private static let maximumKept = 64

    private var kept: [[UInt8]] = []

    package init() {}

    package mutating func take() -> [UInt8] {
        if let buffer = kept.popLast() { return buffer }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.bufferSize)
        return buffer
    }

    /// Keeps the buffer for reuse unless it has grown past twice the usual size.
    package mutating func giveBack(_ buffer: consuming [UInt8]) {
        guard kept.count < Self.maximumKept, buffer.capacity >= Self.bufferSize,
            buffer.capacity <= 2 * Self.bufferSize
        else { return }
        buffer.removeAll(keepingCapacity: true)
        kept.append(buffer)
    }
}
