import MartletUV
import Testing

@testable import MartletHTTP

/// The times between writes of a stream's tokens, with a buffer whose test is its producer and its connection.
@Suite(.timeLimit(.minutes(2)))
struct TokenIntervalsTests {
    @Test func `an interval ends at a write with new tokens, except the first`() async throws {
        let loop = try EventLoop()
        let histogram = AtomicHistogram(bounds: [1_000_000_000_000])
        let stream = ResponseBuffer(on: loop) {}
        stream.measureIntervals(in: histogram)
        stream.prepare(ResponseHead(), heartbeat: Array(":\n\n".utf8))

        /// Appends pieces and takes them as one write. Returns the number of intervals so far.
        func write(_ pieces: [(text: String, isToken: Bool)]) async throws -> Int {
            for (text, isToken) in pieces {
                _ = try stream.appendGenerated {
                    $0.append(contentsOf: text.utf8)
                    return isToken
                }
            }
            await loop.perform { _ = stream.take() }
            return histogram.totals.counts.reduce(0, +)
        }
        #expect(try await write([("role", false)]) == 0)
        #expect(try await write([("a", true)]) == 0)
        #expect(try await write([("b", true), ("c", true)]) == 1)
        #expect(try await write([("usage", false)]) == 1)
        await loop.perform {
            stream.sendHeartbeat()
            _ = stream.take()
        }
        #expect(try await write([]) == 1)
        #expect(try await write([("d", true), ("end", false)]) == 2)
        // Tokens whose text is not written yet count with the write that has it.
        #expect(try await write([("", true)]) == 2)
        #expect(try await write([("e", false)]) == 3)
        #expect(histogram.totals.sum > 0)
        await loop.stop()
    }

    @Test func `measurements have one histogram for each label and loop`() async throws {
        let measurements = LoopMeasurements(latenessBounds: [1], intervalBounds: [10, 20])
        let loops = [try EventLoop(), try EventLoop()]
        for loop in loops {
            measurements.intervals(of: "a", on: loop).record(10)
            measurements.intervals(of: "a", on: loop).record(11)
            measurements.intervals(of: "b", on: loop).record(99)
        }
        #expect(measurements.intervals.mapValues(\.count) == ["a": 2, "b": 2])
        #expect(measurements.intervals["a"]?.map(\.totals.counts) == [[1, 1, 0], [1, 1, 0]])
        #expect(measurements.intervals["b"]?.map(\.totals.sum) == [99, 99])
        for loop in loops { await loop.stop() }
    }

    @Test func `a number that changes with another one adds to it`() {
        let total = Gauge()
        let parts = [Gauge(addingTo: total), Gauge(addingTo: total)]
        for part in parts { part.add(2) }
        parts[0].add(-1)
        #expect(parts.map(\.value) == [1, 2] && total.value == 3)
    }
}
