import ArgumentParser
import Martlet

/// Responses that clients retrieve later by their ids.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Bytes for responses of /v1/responses that clients retrieve later, as in 256M; those that were used longest \
            ago are dropped for others. (default: 0, none is stored) [env: MARTLET_RESPONSES_STORE]
            """, valueName: "bytes"))
    var responsesStore: String?

    @Option(
        help: ArgumentHelp(
            "Seconds for which a response is stored at most. (default: 86400) [env: MARTLET_RESPONSES_STORE_TTL]",
            valueName: "seconds"))
    var responsesStoreTtl: Int?

    /// Applies options and environment variables to `configuration`.
    ///
    /// - Throws: `ValidationError` for a value that is malformed or out of range.
    func apply(to configuration: inout ServerConfiguration) throws {
        if let text = responsesStore ?? Environment.value("MARTLET_RESPONSES_STORE") {
            guard let count = Self.bytes(text) else {
                throw ValidationError(
                    "--responses-store must be a number of bytes, such as 256M, up to 1024G, but it is '\(text)'.")
            }
            configuration.replyStoreBytes = count
        }
        if let seconds = try responsesStoreTtl ?? Environment.number("MARTLET_RESPONSES_STORE_TTL") {
            guard (1...31_536_000).contains(seconds) else {
                throw ValidationError(
                    "--responses-store-ttl must be within 1...31536000 seconds, but it is \(seconds).")
            }
            configuration.replyStoreLifetime = .seconds(seconds)
        }
    }

    /// A number of bytes, with `K`, `M` or `G` for as many KiB, MiB or GiB; nil for other text, and beyond 1024 GiB.
    private static func bytes(_ text: String) -> Int? {
        let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30]
        let shift = text.last.flatMap { shifts[Character($0.uppercased())] } ?? 0
        guard let number = Int(shift == 0 ? text : String(text.dropLast())), number >= 0 else { return nil }
        let (count, overflows) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflows || count > 1 << 40 ? nil : count
    }
}
