import MartletUV
import Testing

/// Questions to the system's resolver.
struct NameResolverTests {
    @Test func `numeric addresses are themselves, and localhost is this machine`() async throws {
        let resolver = try NameResolver()
        let limit = Duration.seconds(20)
        #expect(await resolver.addresses(of: "127.0.0.2", within: limit)?.map(\.description) == ["127.0.0.2"])
        #expect(await resolver.addresses(of: "::1", within: limit)?.map(\.description) == ["::1"])
        let local = try #require(await resolver.addresses(of: "localhost", within: limit))
        #expect(!local.isEmpty && local.allSatisfy { ["127.0.0.1", "::1"].contains($0.description) })
    }

    @Test func `what has no address has none`() async throws {
        #expect(await (try NameResolver()).addresses(of: "not a name", within: .seconds(20)) == nil)
    }

    @Test func `many questions at once are all answered`() async throws {
        let resolver = try NameResolver()
        await withTaskGroup { group in
            for number in 0..<64 {
                group.addTask { await resolver.addresses(of: "127.0.0.\(number + 1)", within: .seconds(20)) }
            }
            for await addresses in group { #expect(addresses?.count == 1) }
        }
    }
}
