import Testing

@testable import Martlet

/// Events of a stream as bytes, however they arrive.
struct EventFramesTests {
    private static let streams = [
        ["data: {\"a\":1}\n\n", ": ping\n\n", "data: [DONE]\n\n"], ["data: a\r\n\r\n", "event: b\r\ndata: c\r\n\r\n"],
        ["data: a\r\r", "data: b\r\r"], ["data: a\ndata: b\n\n", "\n\n", "id: 7\n\n"],
        ["data: a\r\n\n", "data: b\n\r\n"],
    ]

    @Test(arguments: streams) func `each event is handed on whole, split at any byte`(_ events: [String]) {
        let bytes = Array(events.joined().utf8)
        for first in 0...bytes.count {
            for second in [first, min(bytes.count, first + 1), bytes.count] {
                var frames = EventFrames()
                var received: [String] = []
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    frames.receive(piece) { received.append(String(decoding: $0, as: UTF8.self)) }
                }
                frames.flush { received.append(String(decoding: $0, as: UTF8.self)) }
                #expect(received.joined() == events.joined())
                #expect(received == events, "\(first), \(second)")
            }
        }
    }

    @Test func `what is not complete is kept`() {
        var frames = EventFrames()
        var received: [[UInt8]] = []
        frames.receive(Array("data: a\n\ndata: b\n".utf8)) { received.append($0) }
        #expect(received.count == 1 && !frames.isEmpty)
        frames.receive(Array("\n".utf8)) { received.append($0) }
        #expect(received.count == 2 && frames.isEmpty)
    }

    @Test func `an event without an end does not grow without a bound`() {
        var frames = EventFrames()
        var count = 0
        for _ in 0..<6 { frames.receive(Array(repeating: UInt8(ascii: "a"), count: 1 << 20)) { count += $0.count } }
        #expect(count > EventFrames.maximumBytes)
    }
}
