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

    @Test func `none is kept with one principal, with few places, and for one that has not been served lately`() {
        #expect(reserve(8, ["a", "a"]).count(against: "a") { _ in true } == 0)
        #expect(reserve(8, [nil]).count(against: nil) { _ in false } == 0)
        #expect(reserve(3, ["quiet", "noisy"]).count(against: "noisy") { $0 == "noisy" } == 0)
        let late = ["quiet"] + Array(repeating: "noisy", count: 63)
        #expect(reserve(8, late).count(against: "noisy") { $0 == "noisy" } == 1)
        #expect(reserve(8, late + ["noisy"]).count(against: "noisy") { $0 == "noisy" } == 0)
    }
}
