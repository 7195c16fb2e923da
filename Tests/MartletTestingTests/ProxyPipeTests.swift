import Testing

@testable import MartletTesting

struct ProxyPipeTests {
    private static let content = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) }

    /// What a pipe did: the time at which each byte was forwarded, the bytes, the size of each piece, and the last step.
    private struct Run {
        var times: [UInt64] = []
        var bytes: [UInt8] = []
        var pieces: [Int] = []
        var last = ProxyPipe.Step.idle

        /// Does what the pipe asks for until it is idle or over, on a clock that starts at 0.
        init(_ pipe: inout ProxyPipe) {
            var time: UInt64 = 0
            while true {
                last = pipe.next(at: time)
                switch last {
                case .wait(let until): time = until
                case .forward(let piece):
                    bytes += piece
                    pieces.append(piece.count)
                    times += Array(repeating: time, count: piece.count)
                case .idle, .finish, .cut: return
                }
            }
        }
    }

    /// What becomes of `content` and its end, which arrive at 0 in chunks of `size`.
    private func run(_ fault: TCPFault, chunks size: Int = 10_000, stream: UInt64 = 0) -> Run {
        var pipe = ProxyPipe(fault.fromClient, stream: stream)
        for start in stride(from: 0, to: Self.content.count, by: size) {
            pipe.receive(Self.content[start..<min(start + size, Self.content.count)], at: 0)
        }
        pipe.receiveEnd(.fin, at: 0)
        return Run(&pipe)
    }

    @Test func `without a fault, each chunk is forwarded at once, and the end follows`() {
        let run = run(.none, chunks: 4000)
        #expect(run.bytes == Self.content)
        #expect(run.pieces == [4000, 4000, 2000])
        #expect(run.times.allSatisfy { $0 == 0 })
        #expect(run.last == .finish)
    }

    @Test func `a step after the end does nothing`() {
        var pipe = ProxyPipe(DirectionFault(), stream: 0)
        pipe.receiveEnd(.fin, at: 0)
        #expect(pipe.next(at: 0) == .finish)
        #expect(pipe.next(at: 0) == .idle)
    }

    @Test func `a reset is forwarded after the bytes before it`() {
        var pipe = ProxyPipe(DirectionFault(), stream: 0)
        pipe.receive([1, 2], at: 0)
        pipe.receiveEnd(.rst, at: 0)
        #expect(pipe.next(at: 0) == .forward([1, 2]))
        #expect(pipe.next(at: 0) == .cut(.rst))
    }

    @Test func `a delay applies to each chunk from its arrival, and to the end`() {
        let fault: TCPFault = .delay(.nanoseconds(50), direction: .fromClient)
        var pipe = ProxyPipe(fault.fromClient, stream: 0)
        pipe.receive([1], at: 100)
        pipe.receive([2], at: 120)
        pipe.receiveEnd(.fin, at: 130)
        #expect(pipe.next(at: 100) == .wait(until: 150))
        #expect(pipe.next(at: 149) == .wait(until: 150))
        #expect(pipe.next(at: 150) == .forward([1]))
        #expect(pipe.next(at: 150) == .wait(until: 170))
        #expect(pipe.next(at: 175) == .forward([2]))
        #expect(pipe.next(at: 175) == .wait(until: 180))
        #expect(pipe.next(at: 180) == .finish)
    }

    @Test func `jitter keeps the order, and does not depend on how the bytes arrive`() {
        let fault: TCPFault = .delay(.milliseconds(5), jitter: .milliseconds(10), seed: 3)
        let whole = run(fault)
        #expect(whole.bytes == Self.content)
        #expect(whole.times == whole.times.sorted())
        #expect(Set(whole.times).count > 1)
        #expect(whole.times.allSatisfy { (5_000_000..<15_000_000).contains($0) })
        for size in [1, 7, 1448, 5000] { #expect(run(fault, chunks: size).times == whole.times) }
        #expect(run(fault, stream: 1).times != whole.times)
        #expect(run(.delay(.milliseconds(5), jitter: .milliseconds(10), seed: 4)).times != whole.times)
    }

    @Test(arguments: [0.0, 0.3, 1.0]) func `a loss delays a segment and all behind it`(probability: Double) {
        let run = run(.loss(probability: probability, retransmission: .milliseconds(200), seed: 1))
        #expect(run.bytes == Self.content)
        let late = run.times.count { $0 == 200_000_000 }
        #expect(run.times.allSatisfy { $0 == 0 || $0 == 200_000_000 })
        #expect(run.times == run.times.sorted())
        switch probability {
        case 0: #expect(late == 0)
        case 1: #expect(late == Self.content.count)
        default: #expect(late > 0 && late < Self.content.count && (run.times.count - late).isMultiple(of: 1448))
        }
    }

    @Test func `a bandwidth spreads the bytes`() {
        let run = run(.bandwidth(bytesPerSecond: 1_000_000))
        #expect(run.bytes == Self.content)
        #expect(run.pieces == [10_000])
        let slow = self.run(.bandwidth(bytesPerSecond: 1000))
        #expect(slow.pieces.allSatisfy { $0 == 10 })
        #expect(slow.times.last == 9_990_000_000)
        #expect(self.run(.bandwidth(bytesPerSecond: 0)).times.last == 9_999_000_000_000)
    }

    @Test func `a stall lets exactly its number of bytes pass, and the rest after its time`() {
        let stalled = run(.stall(afterBytes: 4321), chunks: 1000)
        #expect(stalled.bytes == Array(Self.content.prefix(4321)))
        #expect(stalled.last == .idle)
        let late = run(.stall(afterBytes: 4321, for: .milliseconds(3)), chunks: 1000)
        #expect(late.bytes == Self.content)
        #expect(late.times[4320] == 0 && late.times[4321] == 3_000_000)
        #expect(late.last == .finish)
    }

    @Test func `the end of the stream stalls like a byte`() {
        let stalled = run(.stall(afterBytes: Self.content.count))
        #expect(stalled.bytes == Self.content)
        #expect(stalled.last == .idle)
    }

    @Test func `a gate ends a stall`() {
        let gate = Gate()
        let fault: TCPFault = .stall(afterBytes: 1, until: gate)
        var pipe = ProxyPipe(fault.fromClient, stream: 0)
        pipe.receive([1, 2], at: 0)
        #expect(pipe.next(at: 0) == .forward([1]))
        #expect(pipe.next(at: 0) == .wait(until: 1_000_000))
        #expect(pipe.next(at: 1_000_000) == .wait(until: 2_000_000))
        gate.open()
        #expect(pipe.next(at: 2_000_000) == .forward([2]))
    }

    @Test(arguments: [1, 1447, 1448, 1449, 9_999, 10_000], [TCPFault.Ending.fin, .rst])
    func `a cut lets exactly its number of bytes pass`(count: Int, ending: TCPFault.Ending) {
        let cut = run(.cut(afterBytes: count, by: ending, direction: .both), chunks: 1000)
        #expect(cut.bytes == Array(Self.content.prefix(count)))
        #expect(cut.last == .cut(ending))
    }

    @Test func `a cut after no byte waits for the first one`() {
        let fault: TCPFault = .cut(afterBytes: 0, direction: .fromClient)
        var pipe = ProxyPipe(fault.fromClient, stream: 0)
        #expect(pipe.next(at: 0) == .idle)
        pipe.receive([1], at: 0)
        #expect(pipe.next(at: 0) == .cut(.rst))
    }

    @Test func `a cut behind the end of the stream does nothing`() {
        #expect(run(.cut(afterBytes: 10_001, direction: .both)).last == .finish)
    }

    @Test func `no piece crosses a border, and the last size repeats`() {
        #expect(run(.split(into: [10, 3000])).pieces == [10, 3000, 3000, 3000, 990])
        #expect(run(.split(into: [9_999, .max])).pieces == [9_999, 1])
        #expect(run(.split(into: [1])).pieces == Array(repeating: 1, count: 10_000))
        // Borders are positions, not sizes of what happens to have arrived.
        #expect(run(.split(into: [2500]), chunks: 2000).pieces == [2000, 500, 1500, 1000, 1000, 1500, 500, 2000])
        #expect(run(.split(into: [])).pieces == [10_000])
    }

    @Test func `a pause follows each piece that ends at a border`() {
        let run = run(.split(into: [4000], pausing: .milliseconds(2)))
        #expect(run.times[3999] == 0 && run.times[4000] == 2_000_000 && run.times[8000] == 4_000_000)
    }

    @Test func `a new fault applies to bytes that have arrived`() {
        let fault: TCPFault = [.delay(.seconds(3600)), .stall(afterBytes: 0)]
        var pipe = ProxyPipe(fault.fromClient, stream: 0)
        pipe.receive([1, 2], at: 0)
        pipe.receiveEnd(.fin, at: 0)
        #expect(pipe.next(at: 0) == .idle)
        pipe.replaceFault(TCPFault.delay(.seconds(3600)).fromClient)
        #expect(pipe.next(at: 0) == .wait(until: 3_600_000_000_000))
        pipe.replaceFault(TCPFault.none.fromClient)
        #expect(pipe.next(at: 0) == .forward([1, 2]))
        #expect(pipe.next(at: 0) == .finish)
    }

    @Test func `a cut or a stall at a position that has passed takes effect at once`() {
        var pipe = ProxyPipe(DirectionFault(), stream: 0)
        pipe.receive([1, 2, 3], at: 0)
        #expect(pipe.next(at: 0) == .forward([1, 2, 3]))
        pipe.replaceFault(TCPFault.stall(afterBytes: 2).fromClient)
        pipe.receive([4], at: 0)
        #expect(pipe.next(at: 0) == .idle)
        pipe.replaceFault(TCPFault.cut(afterBytes: 2, direction: .both).fromClient)
        #expect(pipe.next(at: 0) == .cut(.rst))
    }

    @Test func `faults combine, and the later of two of a kind counts`() {
        let fault: TCPFault = [
            .delay(.seconds(1)), .cut(afterBytes: 5, by: .fin, direction: .fromServer), .delay(.zero),
            .split(into: [2], direction: .fromClient), .stall(afterBytes: 3, direction: .fromClient),
        ]
        #expect(run(fault).pieces == [2, 1])
        #expect(fault.fromServer.cut != nil && fault.fromClient.cut == nil)
        #expect(fault.opening == nil)
        #expect(([.blackHole, .none] as TCPFault).opening != nil)
    }

    @Test func `senseless values are bounded`() {
        let huge = Duration.seconds(Int64.max)
        let faults: [TCPFault] = [
            .delay(huge, jitter: huge), .loss(probability: 2, retransmission: huge),
            .delay(.zero - huge, jitter: .zero - huge),
            .bandwidth(bytesPerSecond: -1), .stall(afterBytes: -1, for: huge), .cut(afterBytes: -1, direction: .both),
            .split(into: [0, -1, .max, .max], pausing: huge), .split(into: [.max]),
            .cut(afterBytes: .max, direction: .both),
        ]
        for fault in faults {
            let run = run(fault)
            #expect(run.last == .finish || run.last == .cut(.rst))
        }
    }

    @Test func `a queue of many small chunks is forwarded in order`() {
        let run = run(.none, chunks: 1)
        #expect(run.bytes == Self.content)
        #expect(run.last == .finish)
    }
}
