import Testing

@testable import Martlet

struct ReserveTests {
    private func reserve(_ permits: Int, _ served: [String?]) -> Reserve {
        var reserve = Reserve(permits: permits)
        for principal in served { reserve.didServe(principal) }
        return reserve
    }

    @Test func `one place is kept from a principal that waits, for one that was served lately and does not wait`() {
        let reserve = reserve(8, ["quiet", "noisy", "noisy"])
        #expect(reserve.count(against: "noisy") { $0 == "noisy" } == 1)
        #expect(reserve.count(against: "new") { $0 == "noisy" } == 1)
        #expect(reserve.count(against: .some(nil)) { $0 == "noisy" } == 1)
        #expect(reserve.count(against: nil) { $0 == "noisy" } == 1, "a permit that comes back")
        #expect(reserve.count(against: "quiet") { $0 == "noisy" } == 0)
        #expect(reserve.count(against: "noisy") { _ in false } == 0)
        #expect(reserve.count(against: "noisy") { _ in true } == 0)
    }

    @Test func `as many places are kept as those take on average that do not wait, up to a quarter`() {
        func kept(_ quiet: Int, of permits: Int = 8) -> Int {
            let served = Array(repeating: "quiet", count: quiet) + Array(repeating: "noisy", count: 8 * permits - quiet)
            return reserve(permits, served).count(against: "noisy") { $0 == "noisy" }
        }
        #expect((1...8).map { kept($0) } == Array(repeating: 1, count: 8))
        #expect(kept(9) == 2 && kept(16) == 2 && kept(40) == 2)
        #expect(kept(40, of: 32) == 5 && kept(200, of: 32) == 8)
    }

    @Test func `none is kept with one principal, with few places, and for one that has not been served lately`() {
        #expect(reserve(8, ["a", "a"]).count(against: "a") { _ in true } == 0)
        #expect(reserve(8, [nil]).count(against: nil) { _ in false } == 0)
        #expect(reserve(3, ["quiet", "noisy"]).count(against: "noisy") { $0 == "noisy" } == 0)
        let late = ["quiet"] + Array(repeating: "noisy", count: 63)
        #expect(reserve(8, late).count(against: "noisy") { $0 == "noisy" } == 1)
        #expect(reserve(8, late + ["noisy"]).count(against: "noisy") { $0 == "noisy" } == 0)
    }
}
