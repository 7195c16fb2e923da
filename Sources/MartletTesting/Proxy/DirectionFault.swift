internal import MartletUV

/// The faults of one direction of a connection; nil for those that it does not have.
struct DirectionFault: Sendable {
    struct Delay {
        var latency: Duration
        var jitter: Duration
        var seed: UInt64
    }

    struct Loss {
        var probability: Double
        var retransmission: Duration
        var seed: UInt64
    }

    struct Stall {
        enum Release {
            case never
            case after(Duration)
            case gate(Gate)
        }

        var position: Int
        var release: Release
    }

    struct Cut {
        var position: Int
        var ending: TCPFault.Ending
    }

    struct Split {
        /// Not empty.
        var sizes: [Int]
        var pause: Duration

        /// The first border behind `position`.
        func border(after position: Int) -> Int {
            var border = 0
            var size = 1
            for next in sizes {
                size = max(1, next)
                border = border.addingClamped(size)
                if border > position { return border }
            }
            return border.addingClamped(((position - border) / size).addingClamped(1).multipliedClamped(by: size))
        }
    }

    /// The bytes that share one random choice: what a TCP segment on Ethernet carries.
    static let segmentSize = 1448

    var delay: Delay?
    var loss: Loss?
    var bytesPerSecond: Int?
    var stall: Stall?
    var cut: Cut?
    var split: Split?

    mutating func merge(_ other: DirectionFault) {
        delay = other.delay ?? delay
        loss = other.loss ?? loss
        bytesPerSecond = other.bytesPerSecond ?? bytesPerSecond
        stall = other.stall ?? stall
        cut = other.cut ?? cut
        split = other.split ?? split
    }

    /// How many bytes from `position` on may be forwarded in one write.
    func pieceSize(at position: Int) -> Int {
        var end = Int.max
        if delay != nil || loss != nil { end = (position / Self.segmentSize + 1) * Self.segmentSize }
        if let cut { end = min(end, cut.position) }
        if let split { end = min(end, split.border(after: position)) }
        let size = end - position
        return bytesPerSecond.map { min(size, max(1, $0 / 100)) } ?? size
    }

    /// The nanoseconds from the arrival of the byte at `position` until it may be forwarded.
    func latency(at position: Int, stream: UInt64) -> UInt64 {
        let segment = UInt64(position / Self.segmentSize)
        var nanoseconds: UInt64 = 0
        if let delay {
            let part = Self.random(delay.seed, stream, segment)
            nanoseconds += delay.latency.clampedNanoseconds
            nanoseconds += UInt64(part * Double(delay.jitter.clampedNanoseconds))
        }
        // The two choices of a segment must differ also with equal seeds.
        if let loss, Self.random(~loss.seed, stream, segment) < loss.probability {
            nanoseconds += loss.retransmission.clampedNanoseconds
        }
        return nanoseconds
    }

    /// The nanoseconds for which nothing is forwarded after `count` bytes that end at `position`.
    func pause(after count: Int, endingAt position: Int) -> UInt64 {
        var nanoseconds: UInt64 = 0
        if let bytesPerSecond { nanoseconds = UInt64(count) * 1_000_000_000 / UInt64(bytesPerSecond) }
        if let split, count > 0, split.border(after: position - 1) == position {
            nanoseconds = max(nanoseconds, split.pause.clampedNanoseconds)
        }
        return nanoseconds
    }

    /// A number in 0..<1 that depends on the arguments only: Sebastiano Vigna's SplitMix64, one step for each argument.
    private static func random(_ values: UInt64...) -> Double {
        var state: UInt64 = 0
        for value in values {
            state = (state ^ value) &+ 0x9e37_79b9_7f4a_7c15
            state = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            state = (state ^ (state >> 27)) &* 0x94d0_49bb_1331_11eb
            state ^= state >> 31
        }
        return Double(state >> 11) * 0x1p-53
    }
}

extension Duration {
    /// Nanoseconds within zero and thirty years, so that sums of several do not overflow.
    var clampedNanoseconds: UInt64 { UInt64(min(max(0, nanoseconds), 1_000_000_000_000_000_000)) }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }

    fileprivate func multipliedClamped(by other: Int) -> Int {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }
}
