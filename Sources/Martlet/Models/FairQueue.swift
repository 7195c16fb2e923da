/// The requests that wait for one model, in the order in which they will be served. A pure value: no clock, task or lock.
///
/// With one principal, requests are served in order of arrival. Several principals share the model by estimated cost
/// (start-time fair queuing): the next request belongs to the principal that has been served least, so that many or long
/// requests of one delay the others by its share only. A principal saves up no credit while it has nothing waiting. A cost
/// is estimated when its entry is served, and corrected later.
///
/// Debts have a bound: a principal that others were served before for `agingBound`, each, is next.
package struct FairQueue<Element> {
    /// A waiting request.
    package struct Entry {
        package let element: Element
        /// Who sent it; requests without an identity share nil.
        package let principal: String?
        /// In a unit that is the same for all entries, such as tokens.
        package let cost: Int
        /// Identifies the entry. Lower numbers came earlier.
        package let arrival: UInt64
        /// When waiting becomes pointless.
        package let deadline: ContinuousClock.Instant?

        package init(
            _ element: Element, principal: String? = nil, cost: Int = 1, arrival: UInt64,
            deadline: ContinuousClock.Instant? = nil
        ) {
            self.element = element
            self.principal = principal
            self.cost = cost
            self.arrival = arrival
            self.deadline = deadline
        }
    }

    /// The entries of one principal that wait.
    fileprivate struct Line {
        /// In order of arrival; at least one.
        var entries: ArraySlice<Entry> = []
        /// What had been served in all when the principal was last served, or began to wait.
        var mark: Int
    }

    /// How much each principal has been served.
    private struct Account {
        /// The least start of the principals that waited when an entry was last served.
        private var time = 0
        /// The cost up to which each principal has been served, if that is beyond `time`.
        private var finish: [String?: Int] = [:]
        /// What has been served in all.
        private(set) var total = 0

        /// Where the service of a principal's next entry starts. The least is next.
        func start(of principal: String?) -> Int { max(time, finish[principal] ?? 0) }

        mutating func record(_ cost: Int, of principal: String?, waiting principals: [String?]) {
            let (start, cost) = (start(of: principal), max(1, cost))
            time = max(time, principals.map { self.start(of: $0) }.min() ?? 0)
            finish[principal] = start &+ cost
            finish = finish.filter { $0.value > time }
            total &+= cost
        }

        /// A principal never gets credit. Whatever was taken back, it has been served since `time`, so one that has not been
        /// goes first: between equals the older entry would be next, and that is the entry of a principal with many.
        mutating func correct(_ principal: String?, by change: Int) {
            total &+= change
            if let finish = finish[principal] {
                self.finish[principal] = max(finish &+ change, time + 1)
            } else if change > 0 {
                finish[principal] = time &+ change
            }
        }
    }

    /// The cost of other principals' entries, for each of them that waits, after which a principal is next however much it
    /// owes. It exceeds what a request usually costs, since it ends the sharing by cost for requests that cost more.
    package static var agingBound: Int { 65_536 }

    private var lines: [String?: Line] = [:]
    /// Whose each entry is, by arrival number.
    private var principals: [UInt64: String?] = [:]
    private var account = Account()
    /// No entry's deadline is earlier.
    private var earliestDeadline: ContinuousClock.Instant?

    /// Changes when nobody waits any more, which ends all debts: corrections of earlier periods have no effect.
    package private(set) var period: UInt64 = 1

    package init() {}

    package var count: Int { principals.count }
    package var isEmpty: Bool { principals.isEmpty }

    /// How many entries each principal has. Those that have none are left out.
    package var counts: [String?: Int] { lines.mapValues(\.entries.count) }

    package func isWaiting(_ principal: String?) -> Bool { lines[principal] != nil }

    /// All entries in order of arrival, which is not the order of service if there are several principals.
    package var entries: [Entry] { lines.values.flatMap(\.entries).sorted { $0.arrival < $1.arrival } }

    /// The entry with this number, if it is waiting.
    package subscript(arrival: UInt64) -> Entry? {
        guard let principal = principals[arrival], let line = lines[principal] else { return nil }
        return line.entries.first { $0.arrival == arrival }
    }

    // MARK: Entering and leaving

    /// Adds an entry at its place among those of its principal. `arrival` must be new.
    package mutating func insert(_ entry: Entry) {
        if principals.updateValue(entry.principal, forKey: entry.arrival) != nil { return }
        var line = lines.removeValue(forKey: entry.principal) ?? Line(mark: account.total)
        // Nearly always the last one.
        let place = line.entries.lastIndex { $0.arrival < entry.arrival }.map { $0 + 1 } ?? line.entries.startIndex
        line.entries.insert(entry, at: place)
        lines[entry.principal] = line
        if let deadline = entry.deadline { earliestDeadline = min(deadline, earliestDeadline ?? deadline) }
    }

    /// Takes an entry out that is not served: its request was cancelled, and costs nothing.
    @discardableResult
    package mutating func remove(_ arrival: UInt64) -> Entry? {
        defer { endPeriodIfEmpty() }
        return take(arrival)
    }

    /// Takes the entries out whose deadline has passed.
    package mutating func removeExpired(at now: ContinuousClock.Instant) -> [Entry] {
        guard let earliestDeadline, earliestDeadline <= now else { return [] }
        let expired = entries.filter { entry in entry.deadline.map { $0 <= now } ?? false }
        for entry in expired { remove(entry.arrival) }
        self.earliestDeadline = lines.values.flatMap { $0.entries.compactMap(\.deadline) }.min()
        return expired
    }

    /// Takes an entry out to be served, and counts its cost for its principal. It need not be the first: a short request
    /// may overtake where that delays nobody.
    @discardableResult
    package mutating func serve(_ arrival: UInt64) -> Entry? {
        let waiting = Array(lines.keys)
        guard let entry = take(arrival) else { return nil }
        account.record(entry.cost, of: entry.principal, waiting: waiting)
        lines[entry.principal]?.mark = account.total
        endPeriodIfEmpty()
        return entry
    }

    /// Changes the cost of an entry that was served in the period `period`, when more is known of it.
    package mutating func correct(_ principal: String?, in period: UInt64, by change: Int) {
        if period == self.period { account.correct(principal, by: change) }
    }

    private mutating func take(_ arrival: UInt64) -> Entry? {
        guard let principal = principals.removeValue(forKey: arrival), var line = lines.removeValue(forKey: principal),
            let place = line.entries.firstIndex(where: { $0.arrival == arrival })
        else { return nil }
        let entry = line.entries[place]
        if place == line.entries.startIndex { line.entries.removeFirst() } else { line.entries.remove(at: place) }
        if !line.entries.isEmpty { lines[principal] = line }
        return entry
    }

    private mutating func endPeriodIfEmpty() {
        guard isEmpty else { return }
        account = Account()
        earliestDeadline = nil
        period += 1
    }

    // MARK: The order of service

    /// The entry to serve next.
    package var first: Entry? { next(1).first }

    /// The next entries to serve, up to `limit`, without those that `isPaused`.
    package func next(_ limit: Int, excluding isPaused: (Element) -> Bool = { _ in false }) -> [Entry] {
        var (lines, account) = (lines, account)
        var result: [Entry] = []
        while result.count < limit, let next = Self.next(of: lines, account) {
            let waiting = Array(lines.keys)
            guard let entry = lines[next]?.entries.popFirst() else { break }
            if lines[next]?.entries.isEmpty == true { lines[next] = nil }
            if isPaused(entry.element) { continue }
            account.record(entry.cost, of: next, waiting: waiting)
            lines[next]?.mark = account.total
            result.append(entry)
        }
        return result
    }

    /// The principal whose first entry is next: the one that others were served before longest, if that is beyond the
    /// bound, or else the one with the least start. On a tie, the entry that came first.
    private static func next(of lines: [String?: Line], _ account: Account) -> String?? {
        let bound = agingBound * (lines.count - 1)
        var best: (principal: String?, overdue: Int, start: Int, arrival: UInt64)?
        for (principal, line) in lines {
            guard let arrival = line.entries.first?.arrival else { continue }
            let passed = account.total &- line.mark
            let overdue = lines.count > 1 && passed >= bound ? passed : 0
            let start = account.start(of: principal)
            if let best, (-overdue, start, arrival) >= (-best.overdue, best.start, best.arrival) { continue }
            best = (principal, overdue, start, arrival)
        }
        return best.map { $0.principal }
    }
}

extension FairQueue: Sendable where Element: Sendable {}
extension FairQueue.Entry: Sendable where Element: Sendable {}
extension FairQueue.Line: Sendable where Element: Sendable {}
