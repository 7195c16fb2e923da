public import MartletJSON

/// Where a server records its runs, and what.
public struct EventsConfiguration: Sendable {
    /// The place of a run's file.
    public struct Destination: Sendable, Hashable {
        enum Kind: Hashable {
            case file(String)
            case folder(String)
        }

        let kind: Kind

        /// One file for the current run. The file of an earlier run is renamed: `events.jsonl` to `events.1.jsonl`.
        public static func file(_ path: String) -> Destination { Destination(kind: .file(path)) }

        /// `FOLDER/RUN_ID/events.jsonl`: a folder for each run. Folders that do not exist are made.
        public static func runs(in folder: String) -> Destination { Destination(kind: .folder(folder)) }
    }

    /// The requests whose tokens are recorded one by one, as `step` events.
    public enum StepSelection: String, Sendable, CaseIterable {
        /// No request's.
        case none
        /// Those of requests with the header field `x-martlet-steps: 1`.
        case requested
        /// Those of every generation.
        case all
    }

    /// Where the events go.
    public var destination: Destination
    /// The id of the run: 1 to 128 letters, digits and `._-`, not beginning with a dot. Nil: the architecture of the first
    /// model, the date and a number, as in `gpt2-20261122-001`.
    public var runID: String?
    /// Whether requests for `/`, `/health`, `/health/ready`, `/load` and `/metrics` are recorded.
    public var includesProbes = false
    /// The requests whose tokens are recorded one by one.
    public var steps = StepSelection.none
    /// Members that are added to the `config` of `run_start`. They must not contain secrets.
    public var settings: JSONObject = [:]
    /// The revision of the source that the run belongs to. Default: that of the git repository that the working directory
    /// is in; nil without one.
    public var git: GitRevision? = .current

    public init(_ destination: Destination) { self.destination = destination }

    /// The routes of health checks and scrapes.
    static let probes: Set<String> = ["/", "/health", "/health/ready", "/load", "/metrics"]

    static let stepsField = "x-martlet-steps"

    static func isValid(runID: String) -> Bool {
        (1...128).contains(runID.utf8.count) && !runID.hasPrefix(".")
            && runID.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

/// Why the events of a run cannot be recorded, or a file of events cannot be read.
public struct EventsError: Error, Sendable, CustomStringConvertible {
    /// What failed and what to do, in one line without a full stop.
    public let description: String

    init(_ description: String) { self.description = description }
}
