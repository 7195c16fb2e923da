extension LazyDFA {
    /// More states than this are not followed to count strings.
    private static let maximumCountedStates = 2_000

    /// The number of strings of a language; `Int.max` if there are infinitely many, too many, or too many states on the
    /// way to them.
    mutating func stringCount(of regex: Regex) throws(Exhausted) -> Int {
        if !(try isLive(regex)) { return 0 }
        let sizes = classSizes
        var counts: [Regex: Int] = [:]
        var open: Set<Regex> = [regex]
        var path = [CountedState(regex, isAccepting: accepts(regex))]
        while var top = path.popLast() {
            guard top.nextClass < sizes.count else {
                counts[top.regex] = top.count
                open.remove(top.regex)
                continue
            }
            let next = try next(top.regex, class: UInt8(top.nextClass))
            if next == .nothing {
                top.nextClass += 1
            } else if let known = counts[next] {
                top.add(known, times: sizes[top.nextClass])
                top.nextClass += 1
            } else if open.contains(next) || counts.count + path.count > Self.maximumCountedStates {
                return .max
            } else {
                path.append(top)
                open.insert(next)
                top = CountedState(next, isAccepting: accepts(next))
            }
            path.append(top)
        }
        return counts[regex] ?? .max
    }

    /// By class, the number of its bytes.
    private var classSizes: [Int] {
        var sizes = [Int](repeating: 0, count: classCount)
        for number in classes { sizes[Int(number)] += 1 }
        return sizes
    }

    private struct CountedState {
        let regex: Regex
        var nextClass = 0
        var count: Int

        init(_ regex: Regex, isAccepting: Bool) { (self.regex, count) = (regex, isAccepting ? 1 : 0) }

        mutating func add(_ strings: Int, times: Int) {
            let (product, isTooMany) = strings.multipliedReportingOverflow(by: times)
            let (sum, overflows) = count.addingReportingOverflow(product)
            count = isTooMany || overflows ? .max : sum
        }
    }

    /// The strings of a language if there are at most `limit`; nil if there are more.
    mutating func strings(of regex: Regex, limit: Int) throws(Exhausted) -> [[UInt8]]? {
        var result: [[UInt8]] = []
        // Each beginning of a string leads to another one, so there are at least as many strings as beginnings of a length.
        var beginnings: [(text: [UInt8], rest: Regex)] = try isLive(regex) ? [([], regex)] : []
        while !beginnings.isEmpty {
            var longer: [(text: [UInt8], rest: Regex)] = []
            for (text, rest) in beginnings {
                if accepts(rest) { result.append(text) }
                for byte in UInt8.min...UInt8.max {
                    let next = try next(rest, byte)
                    if next == .nothing { continue }
                    longer.append((text + [byte], next))
                    if result.count + longer.count > limit { return nil }
                }
            }
            if result.count > limit { return nil }
            beginnings = longer
        }
        return result
    }
}
