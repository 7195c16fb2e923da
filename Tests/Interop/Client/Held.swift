import MartletClient

/// Asks for `/big`, does not read it, asks for `/small` beside it, and then reads both.
func held(_ url: String, over transport: CurlTransport) async throws -> JSONValue {
    let big = transport.begin(OutgoingRequest(.get, url + "/big"))
    _ = try await big.head()
    // What there is room for has come by then.
    try await Task.sleep(for: .milliseconds(300))
    let small = transport.begin(OutgoingRequest(.get, url + "/small"))
    let beside = try await count(small)
    return [.number(JSONNumber(beside)), .number(JSONNumber(try await count(big)))]
}

private func count(_ exchange: any HTTPTransfer) async throws -> Int {
    _ = try await exchange.head()
    var sum = 0
    while let bytes = try await exchange.next() { sum += bytes.count }
    return sum
}
