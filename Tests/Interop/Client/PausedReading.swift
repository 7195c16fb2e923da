import MartletClient

/// Requests `/big` without reading it, requests `/small` on the same connection, and then reads both.
func readingAfterPause(_ url: String, over transport: CurlTransport) async throws -> JSONValue {
    let big = transport.begin(OutgoingRequest(.get, url + "/big"))
    _ = try await big.head()
    // The buffers are full by then.
    try await Task.sleep(for: .milliseconds(300))
    let small = transport.begin(OutgoingRequest(.get, url + "/small"))
    let smallSize = try await count(small)
    return [.number(JSONNumber(smallSize)), .number(JSONNumber(try await count(big)))]
}

private func count(_ transfer: any HTTPTransfer) async throws -> Int {
    _ = try await transfer.head()
    var sum = 0
    while let bytes = try await transfer.next() { sum += bytes.count }
    return sum
}
