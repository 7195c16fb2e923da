public import Logging
public import MartletHTTP
public import MartletOpenAI
internal import MartletUV

/// Authenticates requests by API keys: given ones, which have all permissions, and those of a file.
///
/// The file has one line for each key, as `martlet keys new NAME` prints it; `docs/operations.md` describes the fields. It
/// is read again when it has changed, within a second or two, and by `reload()`. A file that cannot be read then leaves
/// the keys as they were, and the log says why. A key that is revoked or has expired is refused from the next request on;
/// responses that have begun end normally.
///
/// Keys are looked up by their SHA-256. None is ever logged.
public final class StaticKeys: Authenticator {
    /// Whose key it is.
    struct Key: Sendable {
        let principal: Principal
        /// In seconds since 1970; nil for never.
        let expiry: Int?
    }

    /// All keys, by their hashes. A change replaces it.
    private final class Table: Sendable {
        let keys: [SHA256.Digest: Key]
        init(_ keys: [SHA256.Digest: Key]) { self.keys = keys }
    }

    /// A key that a request had. It counts as long as the table is the same.
    struct Match {
        fileprivate let credential: [UInt8]
        fileprivate let table: AnyObject
        fileprivate let key: Key
    }

    private struct FileState {
        var stamp: FileStamp?
        /// What was wrong with the file when it was last read.
        var fault: String?
        var watch: Task<Void, Never>?
    }

    private let given: [SHA256.Digest: Key]
    private let file: String?
    private let logger: Logger
    private let table: Locked<Table>
    private let fileState = Locked(FileState())
    /// The file is read by one task at a time: an older content must not replace a newer one.
    private let reading = Admission(permits: 1)

    /// Reads the file, if there is one, and warns in the log of given keys that could be guessed.
    ///
    /// - Parameters:
    ///   - keys: Keys with all permissions. The principals are `api-key:1`, `api-key:2` and so on.
    ///   - file: The path of a file of keys.
    ///   - logger: For what clients do not see.
    /// - Throws: `ServerError` for a key that no request can have, and for a file that cannot be read or is malformed.
    public init(
        _ keys: [String] = [], file: String? = nil, logger: Logger = Logger(label: "martlet")
    ) throws(ServerError) {
        var given: [SHA256.Digest: Key] = [:]
        for (index, key) in keys.enumerated() {
            let bytes = Array(key.utf8)
            guard (1...Credential.maximumBytes).contains(bytes.count), bytes.allSatisfy({ 0x21...0x7E ~= $0 }) else {
                throw ServerError(
                    "API key \(index + 1) must be 1 to \(Credential.maximumBytes) visible ASCII characters")
            }
            given[SHA256.digest(of: bytes.span)] = Key(principal: Principal("api-key:\(index + 1)"), expiry: nil)
            if let weakness = KeyStrength.weakness(of: bytes) {
                logger.warning("API key \(index + 1) \(weakness), and could be guessed; martlet keys new makes others")
            }
        }
        self.given = given
        self.file = file
        self.logger = logger
        guard let file else {
            table = Locked(Table(given))
            return
        }
        let (keys, stamp) = try Self.read(file, given)
        table = Locked(Table(keys))
        fileState.withLock { $0.stamp = stamp }
        watch()
    }

    deinit { fileState.withLock { $0.watch }?.cancel() }

    // MARK: Requests

    public func authenticate(_ head: RequestHead) throws(OpenAIError) -> Principal? {
        var last: Match?
        return try authenticate(head, after: &last)
    }

    /// - Parameter last: The last match on this loop, which is replaced. It makes the next look-up a comparison.
    func authenticate(
        _ head: RequestHead, after last: inout Match?, now: () -> Int = { EventLoop.unixTime }
    ) throws(OpenAIError) -> Principal? {
        guard let credential = try Credential.read(from: head) else { return nil }
        let table = table.withLock { $0 }
        let key: Key?
        if let last, last.table === table, Self.isSame(credential, last.credential) {
            key = last.key
        } else if credential.count <= Credential.maximumBytes {
            key = table.keys[SHA256.digest(of: credential.span)]
            // A guess must not make the owner's next request slower.
            if let key { last = Match(credential: Array(credential), table: table, key: key) }
        } else {
            key = nil
        }
        guard let key else { throw .invalidAPIKey("The request's API key is not one that this server knows.") }
        if let expiry = key.expiry, now() >= expiry { throw .invalidAPIKey("The request's API key has expired.") }
        return key.principal
    }

    /// Compares in a time that depends on the lengths only: how much of a guess is right must not show.
    private static func isSame(_ left: ArraySlice<UInt8>, _ right: [UInt8]) -> Bool {
        if left.count != right.count { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }

    // MARK: The file

    /// Reads the file again, also if it seems unchanged. If it cannot be read, the keys stay.
    public func reload() async { await reload(onlyIfChanged: false) }

    private func reload(onlyIfChanged: Bool) async {
        guard let file else { return }
        try? await reading.limit {
            let known = fileState.withLock { $0.stamp }
            if onlyIfChanged, let stamp = try? FileStamp(of: file), stamp == known { return }
            do throws(ServerError) {
                let (keys, stamp) = try Self.read(file, given)
                table.withLock { $0 = Table(keys) }
                fileState.withLock { ($0.stamp, $0.fault) = (stamp, nil) }
                logger.notice("\(file.escapingInvisibles()) has been read: it has \(keys.count - given.count) keys")
            } catch {
                let fault = "\(error)"
                // The stamp too, so that the same content is not read again.
                let stamp = try? FileStamp(of: file)
                let isNew = fileState.withLock { state in
                    defer { (state.stamp, state.fault) = (stamp, fault) }
                    return state.fault != fault
                }
                if isNew { logger.error("\(fault.escapingInvisibles()); the keys that were read last stay valid") }
            }
        }
    }

    private static func read(
        _ file: String, _ given: [SHA256.Digest: Key]
    ) throws(ServerError) -> ([SHA256.Digest: Key], FileStamp) {
        let stamp: FileStamp
        let bytes: [UInt8]
        do throws(UVError) {
            // Before the content, so that a change in between is noticed.
            stamp = try FileStamp(of: file)
            bytes = try FileStamp.contents(of: file, maximumBytes: 16 << 20)
        } catch {
            throw ServerError("\(error)")
        }
        var keys = given
        for entry in try KeysFile.parse(bytes, name: file) {
            if keys.updateValue(entry.key, forKey: entry.digest) != nil {
                throw ServerError("\(file):\(entry.line): the key is one of those that are given without a file too")
            }
        }
        return (keys, stamp)
    }

    /// Looks once a second whether the file has changed, for as long as this object lives.
    private func watch() {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard let self else { return }
                await reload(onlyIfChanged: true)
            }
        }
        fileState.withLock { $0.watch = task }
    }
}
