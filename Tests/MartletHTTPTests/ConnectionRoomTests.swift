import Testing

@testable import MartletHTTP

struct ConnectionRoomTests {
    @Test func `connections beyond the limit use the reserve, and then wait`() {
        var room = ConnectionRoom(maximumConnections: 2, maximumDescriptors: 32)
        #expect(room.reserve == 4)
        #expect(room.open(descriptor: 8) == (false, nil))
        #expect(room.open(descriptor: 9) == (false, nil))
        #expect(room.open(descriptor: 10) == (true, .connections(limit: 2)))
        for descriptor in 11...13 {
            #expect(room.mayAccept)
            #expect(room.open(descriptor: descriptor) == (true, nil))
        }
        #expect(!room.mayAccept)
        #expect((room.openCount, room.reservedCount) == (2, 4))
    }

    @Test func `the end of a shortage is reported once, and the next shortage again`() {
        var room = ConnectionRoom(maximumConnections: 32, maximumDescriptors: 1024)
        for descriptor in 10..<42 { #expect(room.open(descriptor: descriptor) == (false, nil)) }
        #expect(room.open(descriptor: 42) == (true, .connections(limit: 32)))
        #expect(room.close(isReserved: true) == nil)
        #expect(room.close(isReserved: false) == nil)
        #expect(room.open(descriptor: 42) == (false, nil))
        #expect(room.open(descriptor: 43) == (true, nil), "the same shortage goes on")
        #expect(room.close(isReserved: false) == nil)
        #expect(room.close(isReserved: false) == .over(open: 30))
        #expect(room.close(isReserved: true) == nil)
        #expect(room.open(descriptor: 44) == (false, nil))
        #expect(room.open(descriptor: 44) == (false, nil))
        #expect(room.open(descriptor: 44) == (true, .connections(limit: 32)))
    }

    @Test func `a high descriptor number is a shortage, also when the application holds the others`() {
        var room = ConnectionRoom(maximumConnections: 10_000, maximumDescriptors: 256)
        #expect(room.open(descriptor: 222) == (false, nil))
        #expect(room.open(descriptor: 223) == (true, .descriptors(limit: 256)))
        #expect(room.close(isReserved: true) == nil)
        #expect(room.close(isReserved: false) == .over(open: 0))
    }

    @Test func `each loop has a reserve, and a descriptor for what libuv accepts ahead`() {
        var room = ConnectionRoom(maximumConnections: 100, maximumDescriptors: 64, loopCount: 2)
        #expect(room.reserve == 4)
        #expect(room.open(descriptor: 53) == (false, nil))
        #expect(room.open(descriptor: 54) == (true, .descriptors(limit: 64)))
    }

    @Test func `a shortage without a connection of the loop ends with the reserve`() {
        var room = ConnectionRoom(maximumConnections: 10, maximumDescriptors: 64)
        #expect(room.open(descriptor: 60) == (true, .descriptors(limit: 64)))
        #expect(room.open(descriptor: 61) == (true, nil))
        #expect(room.close(isReserved: true) == nil)
        #expect(room.close(isReserved: true) == .over(open: 0))
    }
}
