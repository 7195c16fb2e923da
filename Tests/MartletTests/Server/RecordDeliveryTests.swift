import Logging
import MartletHTTP
import MartletTestSupport
import MartletTesting
import MartletUV
import Synchronization
import Testing

@testable import Martlet

/// The delivery of requests' records to observers.
struct RecordDeliveryTests {
    @Test func `records beyond the bound are dropped, counted and logged, and later ones are delivered`() async throws {
        let (gate, log) = (Gate(), RecordedLog())
        let received = Mutex(0)
        let delivery = RecordDelivery(
            [
                { records in
                    received.withLock { $0 += records.count }
                    try? await gate.pass()
                }
            ], logger: log.logger)
        let exchange = ExchangeFacts()
        delivery.add(exchange, nil)
        try await eventually { received.withLock { $0 } == 1 }
        for _ in 0..<RecordDelivery.maximumPending + 10 { delivery.add(exchange, nil) }
        try await eventually { delivery.droppedTotal == 10 }
        gate.open()
        try await eventually { received.withLock { $0 } == RecordDelivery.maximumPending + 1 }
        delivery.add(exchange, nil)
        await delivery.finish()
        #expect(received.withLock { $0 } == RecordDelivery.maximumPending + 2 && delivery.droppedTotal == 10)
        #expect(log.lines.count == 1 && log.lines.first?.contains("10 records were dropped") == true)
    }

    @Test func `what an observer has not received when the server gives up on it is counted`() async throws {
        let (gate, log) = (Gate(), RecordedLog())
        let received = Mutex(0)
        let delivery = RecordDelivery(
            [{ _ in try? await gate.pass() }, { records in received.withLock { $0 += records.count } }],
            logger: log.logger)
        for _ in 0..<3 { delivery.add(ExchangeFacts(), nil) }
        await delivery.finish()
        #expect(received.withLock { $0 } == 3)
        #expect(delivery.droppedTotal == 3 && delivery.unrecordedTotal == 0)
        #expect(log.lines.count == 1 && log.lines.first?.contains("before it has all records") == true)
        gate.open()
    }

    @Test func `a record has the time at which its exchange ended, and nothing that came later`() async throws {
        let received = Mutex<[RequestRecord]>([])
        let delivery = RecordDelivery(
            [{ records in received.withLock { $0 += records } }], logger: RecordedLog().logger)
        let facts = RequestFacts()
        facts.update { $0.model = "a" }
        let before = EventLoop.unixMicroseconds
        delivery.add(ExchangeFacts(duration: .zero), facts)
        let after = EventLoop.unixMicroseconds
        facts.update { $0.model = "b" }
        await delivery.finish()
        let record = try #require(received.withLock { $0 }.first)
        #expect(record.model == "a")
        // The clock of the day may be adjusted meanwhile.
        #expect((before - 1_000_000...after + 1_000_000).contains(record.endTime))
    }
}
