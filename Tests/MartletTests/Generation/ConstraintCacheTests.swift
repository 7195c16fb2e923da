import MartletConstraint
import Testing

@testable import Martlet

struct ConstraintCacheTests {
    private func key(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a constraint is found by its key`() throws {
        var cache = ConstraintCache()
        let constraint = try Constraint(.regex("a"))
        cache.insert(constraint, for: key("a"))
        #expect(cache.constraint(for: key("a")) === constraint)
        #expect(cache.constraint(for: key("b")) == nil)
        cache.insert(try Constraint(.regex("a")), for: key("a"))
        #expect(cache.constraint(for: key("a")) === constraint, "the first stays")
        #expect(cache.size >= ConstraintCache.estimatedSize(ofKey: key("a")))
    }

    @Test func `the constraint that was not used for longest makes room`() throws {
        var cache = ConstraintCache()
        let constraint = try Constraint(.regex("a"))
        let capacity = ConstraintCache.maximumSize / ConstraintCache.estimatedSize(ofKey: key("0000"))
        #expect(capacity > 500)
        func name(_ number: Int) -> [UInt8] { key(String(String(10_000 + number).dropFirst())) }
        for number in 0..<capacity { cache.insert(constraint, for: name(number)) }
        #expect(cache.count == capacity)
        #expect(cache.constraint(for: name(0)) != nil)
        cache.insert(constraint, for: name(capacity))
        #expect(cache.constraint(for: name(0)) != nil)
        #expect(cache.constraint(for: name(1)) == nil)
        #expect(cache.constraint(for: name(2)) != nil)
        #expect(cache.count == capacity)
        #expect(cache.size <= ConstraintCache.maximumSize)
    }

    @Test func `a long source takes the room of many, and one that is too long is not kept`() throws {
        var cache = ConstraintCache()
        let constraint = try Constraint(.regex("a"))
        for number in 0..<100 { cache.insert(constraint, for: key("\(number)")) }
        let long = [UInt8](repeating: 0, count: 2_090_000)
        cache.insert(constraint, for: long)
        #expect(cache.constraint(for: long) != nil)
        #expect(cache.count < 10)
        #expect(cache.size <= ConstraintCache.maximumSize)
        let longer = [UInt8](repeating: 0, count: 3_000_000)
        cache.insert(constraint, for: longer)
        #expect(cache.constraint(for: longer) == nil)
        #expect(cache.constraint(for: long) != nil)
    }

    @Test func `what texts have made a constraint remember counts`() throws {
        var cache = ConstraintCache()
        let constraint = try Constraint(.jsonObject)
        cache.insert(constraint, for: key("a"))
        let before = cache.size
        let vocabulary = TokenVocabulary(tokens: (UInt8.min...UInt8.max).map { [$0] }, endTokens: [])
        var matcher = try constraint.matcher(for: vocabulary)
        var mask = TokenMask(count: vocabulary.count)
        try matcher.allowed(into: &mask)
        #expect(cache.size > before)
    }
}
