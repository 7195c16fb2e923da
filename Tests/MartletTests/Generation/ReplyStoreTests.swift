import MartletUV
import Testing

@testable import Martlet

struct ReplyStoreTests {
    private static func reply(
        _ id: String, of owner: String? = nil, bytes: Int = 1000, isBackground: Bool = false
    ) -> StoredReply {
        StoredReply(
            id: id, owner: owner, earlier: [], input: [],
            content: .init(document: Array(repeating: 0x20, count: bytes)), isBackground: isBackground)
    }

    @Test func `a reply is found by its id, by its owner only`() {
        let store = ReplyStore(capacity: 100_000, lifetime: .seconds(60))
        store.insert(Self.reply("a", of: "ann"))
        store.insert(Self.reply("b"))
        #expect(store.reply("a", of: "ann")?.id == "a")
        #expect(store.reply("a", of: "bob") == nil)
        #expect(store.reply("a", of: nil) == nil)
        #expect(store.reply("b", of: nil)?.id == "b")
        #expect(store.reply("b", of: "ann") == nil)
        #expect(store.reply("c", of: nil) == nil)
    }

    @Test func `what was used longest ago makes room`() {
        let size = Self.reply("a").size
        let store = ReplyStore(capacity: 3 * size, lifetime: .seconds(60))
        for id in ["a", "b", "c"] { store.insert(Self.reply(id)) }
        #expect(store.count == 3)
        _ = store.reply("a", of: nil)
        store.insert(Self.reply("d"))
        #expect(store.reply("b", of: nil) == nil)
        #expect(store.count == 3)
        #expect(store.size == 3 * size)
        #expect(store.insert(Self.reply("large", bytes: 10_000)) == false)
        #expect(store.count == 3)
    }

    @Test func `the size stays within the capacity over many uses`() {
        let size = Self.reply("1000").size
        let store = ReplyStore(capacity: 10 * size + 20, lifetime: .seconds(60))
        for number in 1000..<3000 {
            store.insert(Self.reply("\(number)"))
            _ = store.reply("\(number - number % 7)", of: nil)
            #expect(store.size <= store.capacity)
        }
        #expect(store.count == 10)
        for number in 2995..<3000 { #expect(store.reply("\(number)", of: nil) != nil) }
    }

    @Test func `a reply is gone after its lifetime`() {
        let store = ReplyStore(capacity: 100_000, lifetime: .seconds(60))
        let start = ContinuousClock.now
        store.insert(Self.reply("a"), at: start)
        #expect(store.reply("a", of: nil, at: start + .seconds(59)) != nil)
        #expect(store.reply("a", of: nil, at: start + .seconds(61)) == nil)
        #expect(store.size == 0)
    }

    @Test func `a reply that grows is measured again`() {
        let size = Self.reply("a").size
        let store = ReplyStore(capacity: 3 * size, lifetime: .seconds(60))
        let last = Self.reply("c", isBackground: true)
        for reply in [Self.reply("a"), Self.reply("b"), last] { store.insert(reply) }
        last.end(with: .init(document: Array(repeating: 0x20, count: 1500)))
        store.settle(last)
        #expect(store.reply("a", of: nil) == nil)
        #expect(store.reply("b", of: nil) != nil)
        #expect(store.size == 2 * size + 500)
        store.remove(last)
        #expect(store.size == size)
    }

    @Test func `listeners hear of events and of the end`() {
        let reply = Self.reply("a", isBackground: true)
        let count = Locked(0)
        let listener = reply.addListener { count.withLock { $0 += 1 } }
        reply.append([[1], [2]])
        reply.append([[3]])
        #expect(reply.events(from: 1).events == [[2], [3]])
        #expect(reply.events(from: 3).events.isEmpty)
        #expect(reply.events(from: 9).events.isEmpty)
        reply.end()
        #expect(count.withLock { $0 } == 3)
        reply.removeListener(listener)
        reply.append([[4]])
        #expect(count.withLock { $0 } == 3)
    }
}
