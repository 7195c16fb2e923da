import MartletUV
import Testing

struct BufferPoolTests {
    @Test func `a returned buffer is reused, empty`() {
        var pool = BufferPool()
        var buffer = pool.take()
        #expect(buffer.isEmpty && buffer.capacity >= 16 * 1024)
        buffer.append(contentsOf: [1, 2, 3])
        let address = buffer.withUnsafeBufferPointer(\.baseAddress)
        pool.giveBack(consume buffer)
        let again = pool.take()
        #expect(again.isEmpty)
        #expect(again.withUnsafeBufferPointer(\.baseAddress) == address)
    }

    @Test(arguments: [0, 100_000])
    func `a buffer of an unusual size is freed`(capacity: Int) {
        var pool = BufferPool()
        var buffer: [UInt8] = []
        buffer.reserveCapacity(capacity)
        pool.giveBack(consume buffer)
        #expect((16 * 1024...32 * 1024).contains(pool.take().capacity))
    }
}
