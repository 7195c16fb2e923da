import MartletUV
import Testing

/// Each test lives on a loop whose clock ticks every 250 ms; it asserts what happened and in which order.
@Suite(.timeLimit(.minutes(2)))
struct DeadlineTests {
    private struct Parts {
        let clock: DeadlineClock
        let short: DeadlineList
        let long: DeadlineList
        var deadlines: [String: Deadline] = [:]
    }

    /// The deadlines of one test, by name.
    private final class Fixture: Sendable {
        let loop: EventLoop
        let log = Log()
        let parts: LoopBound<Parts>

        init(_ loop: EventLoop, names: String) async {
            self.loop = loop
            let log = log
            parts = await loop.run {
                let clock = DeadlineClock(on: loop)
                var parts = Parts(clock: clock, short: clock.list(.milliseconds(1)), long: clock.list(.seconds(600)))
                for name in names.map(String.init) { parts.deadlines[name] = Deadline { log.record(name) } }
                return LoopBound(parts, on: loop)
            }
        }

        @discardableResult
        func on<Result: Sendable>(_ body: @escaping @Sendable (inout Parts) -> Result) async -> Result {
            await loop.run { [parts] in parts.withValue { body(&$0) } }
        }

        /// Arms one more deadline and waits for it; earlier ones have then expired.
        func afterExpiry() async {
            let log = log
            let ends = log.entries.count { $0 == "end" }
            await on { parts in
                let last = Deadline { log.record("end") }
                parts.deadlines["end"] = last
                parts.short.arm(last)
            }
            await eventually("the last deadline") { log.entries.count { $0 == "end" } > ends }
        }
    }

    private func with(_ names: String, _ body: (Fixture) async throws -> Void) async throws {
        try await EventLoop.with { loop in
            let fixture = await Fixture(loop, names: names)
            try await body(fixture)
            await fixture.on { $0.clock.close() }
        }
    }

    @Test func `deadlines of a list expire in the order of their arming, each once`() async throws {
        try await with("abc") { fixture in
            await fixture.on { parts in
                for name in ["b", "a", "c"] { parts.deadlines[name].map(parts.short.arm) }
            }
            await fixture.afterExpiry()
            await fixture.afterExpiry()
            #expect(fixture.log.entries == ["b", "a", "c", "end", "end"])
        }
    }

    @Test(arguments: ["a", "b", "c"])
    func `re-arming a deadline restarts its time`(again: String) async throws {
        try await with("abc") { fixture in
            await fixture.on { parts in
                for name in ["a", "b", "c"] { parts.deadlines[name].map(parts.short.arm) }
                parts.deadlines[again].map(parts.short.arm)
            }
            await fixture.afterExpiry()
            #expect(fixture.log.entries == ["a", "b", "c"].filter { $0 != again } + [again, "end"])
        }
    }

    @Test(arguments: ["a", "b", "c", "abc"])
    func `a disarmed deadline does not expire`(disarmed: String) async throws {
        try await with("abc") { fixture in
            await fixture.on { parts in
                for name in ["a", "b", "c"] { parts.deadlines[name].map(parts.short.arm) }
                for name in disarmed.map(String.init) {
                    parts.deadlines[name]?.disarm()
                    parts.deadlines[name]?.disarm()
                }
            }
            await fixture.afterExpiry()
            #expect(fixture.log.entries == ["a", "b", "c"].filter { !disarmed.contains($0) } + ["end"])
        }
    }

    @Test func `a deadline is in at most one list`() async throws {
        try await with("ab") { fixture in
            let isArmed = await fixture.on { parts in
                guard let a = parts.deadlines["a"], let b = parts.deadlines["b"] else { return [Bool]() }
                parts.short.arm(a)
                parts.short.arm(b)
                parts.long.arm(a)
                return [a.isArmed(in: parts.short), a.isArmed(in: parts.long), b.isArmed(in: parts.short)]
            }
            #expect(isArmed == [false, true, true])
            await fixture.afterExpiry()
            #expect(fixture.log.entries == ["b", "end"])
        }
    }

    @Test func `an expiry may disarm the next, re-arm itself and release the last reference`() async throws {
        try await with("bc") { fixture in
            let log = fixture.log
            let bound = fixture.parts
            await fixture.on { parts in
                let first = Deadline {
                    bound.withValue { parts in
                        log.record("a")
                        parts.deadlines["b"]?.disarm()
                        if let a = parts.deadlines["a"], log.entries.count == 1 { parts.short.arm(a) }
                        if log.entries.count > 1 { parts.deadlines["a"] = nil }
                    }
                }
                parts.deadlines["a"] = first
                parts.short.arm(first)
                for name in ["b", "c"] { parts.deadlines[name].map(parts.short.arm) }
            }
            await fixture.afterExpiry()
            await fixture.afterExpiry()
            #expect(fixture.log.entries.filter { $0 != "end" } == ["a", "c", "a"])
        }
    }

    @Test func `a deadline does not expire before its time by the loop's clock`() async throws {
        try await EventLoop.with { loop in
            let log = Log()
            let bound = await loop.run {
                let clock = DeadlineClock(on: loop)
                let list = clock.list(.milliseconds(400))
                let due = loop.now + 400
                list.arm(Deadline { log.record(loop.now >= due ? "in time" : "too early") })
                return LoopBound(clock, on: loop)
            }
            await eventually("the expiry") { log.entries == ["in time"] }
            await loop.run { bound.withValue { $0.close() } }
        }
    }

    @Test(arguments: [(Duration.zero, 1), (.nanoseconds(1), 1), (.milliseconds(2500), 2500), (.seconds(-1), 1)])
    func `a list's duration is in milliseconds, at least one`(duration: Duration, milliseconds: Int) async throws {
        try await EventLoop.with { loop in
            let result = await loop.run {
                let clock = DeadlineClock(on: loop)
                defer { clock.close() }
                return clock.list(duration).duration
            }
            #expect(result == UInt64(milliseconds))
        }
    }

    @Test func `a clock that is freed releases all of its deadlines`() async throws {
        try await EventLoop.with { loop in
            let isArmed = await loop.run {
                let kept = Deadline {}
                do {
                    let clock = DeadlineClock(on: loop)
                    let list = clock.list(.seconds(600))
                    for _ in 0..<200_000 { list.arm(Deadline {}) }
                    list.arm(kept)
                    clock.close()
                    clock.close()
                }
                let other = DeadlineClock(on: loop)
                let list = other.list(.seconds(600))
                kept.disarm()
                list.arm(kept)
                defer { other.close() }
                return kept.isArmed(in: list)
            }
            #expect(isArmed)
        }
    }
}
