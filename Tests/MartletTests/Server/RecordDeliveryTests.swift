import Logging
import MartletHTTP
import MartletTestSupport
import MartletTesting
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
        let record = RequestRecord(exchange: ExchangeFacts())
        delivery.add(record)
        try await eventually { received.withLock { $0 } == 1 }
        for _ in 0..<RecordDelivery.maximumPending + 10 { delivery.add(record) }
        #expect(delivery.droppedTotal == 10)
        gate.open()
        try await eventually { received.withLock { $0 } == RecordDelivery.maximumPending + 1 }
        delivery.add(record)
        await delivery.finish()
        #expect(received.withLock { $0 } == RecordDelivery.maximumPending + 2 && delivery.droppedTotal == 10)
        #expect(log.lines.count == 1 && log.lines.first?.contains("10 records were dropped") == true)
    }
}
