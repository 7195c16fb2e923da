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
                    frames.receive(piece.span) { received.append($0.text) }
                }
                frames.flush { received.append($0.text) }
                #expect(received.joined() == events.joined())
                #expect(received == events, "\(first), \(second)")
            }
        }
    }

    @Test func `what is not complete is kept`() {
        var frames = EventFrames()
        var received: [String] = []
        frames.receive(Array("data: a\n\ndata: b\n".utf8).span) { received.append($0.text) }
        #expect(received.count == 1 && !frames.isEmpty)
        frames.receive(Array("\n".utf8).span) { received.append($0.text) }
        #expect(received.count == 2 && frames.isEmpty)
    }

    @Test func `an event without an end is too large at some size`() {
        var frames = EventFrames()
        for _ in 0..<16 { frames.receive(Array(repeating: UInt8(ascii: "a"), count: 1 << 20).span) { _ in } }
        #expect(!frames.isTooLarge)
        frames.receive([UInt8(ascii: "a")].span) { _ in }
        #expect(frames.isTooLarge)
    }

    @Test(
        arguments: [
            ("data: {}\n\n", "{}", false), ("data:{}\n\n", "{}", false), ("id: 1\ndata: x\r\n\r\n", "x", false),
            (": c\nevent: m\ndata: [DONE]\n\n", "[DONE]", true), ("\u{FEFF}data: [DONE]", "[DONE]", true),
            ("data: a\ndata: b\n\n", nil, false),
            ("retry: 3\n\n", nil, false), (": ping\n\n", nil, false), ("data\n\n", nil, false),
            ("data:\n\n", "", false),
        ] as [(String, String?, Bool)])
    func `the data of an event is found behind other lines`(_ event: String, _ data: String?, _ isEndMark: Bool) {
        let bytes = Array(event.utf8)
        let lines = EventData(bytes.span)
        #expect(lines.data.map { String(decoding: bytes[$0], as: UTF8.self) } == data)
        #expect(lines.isEndMark == isEndMark)
    }
}

extension Span<UInt8> {
    fileprivate var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
}
