import ArgumentParser
import Foundation
import Martlet
import MartletOperations

/// Where the server records its run, and what.
struct EventsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Record the run in this file of JSON lines; that of an earlier run is renamed. (default: none; \
            events.jsonl in the folder TAO_RUN_DIR if that is set) [env: MARTLET_EVENTS]
            """, valueName: "file"))
    var events: String?

    @Option(
        help: ArgumentHelp(
            "Record each run in FOLDER/RUN_ID/events.jsonl. (default: none) [env: MARTLET_EVENTS_DIR]",
            valueName: "folder"))
    var eventsDir: String?

    @Option(
        help: ArgumentHelp(
            """
            The id of the run. (default: TOY_RUN_ID, or the architecture, the date and a number) [env: MARTLET_RUN_ID]
            """, valueName: "id"))
    var runID: String?

    @Flag(help: "Record requests for health, load and metrics too. [env: MARTLET_EVENTS_PROBES]")
    var eventsProbes = false

    @Option(
        help: ArgumentHelp(
            """
            Record each token of no request, of requests with 'x-martlet-steps: 1', or of all: none, requested or all. \
            (default: none) [env: MARTLET_EVENTS_STEPS]
            """, valueName: "which"))
    var eventsSteps: String?

    func validate() throws {
        if events == "" { throw ValidationError("--events needs a file.") }
        if eventsDir == "" { throw ValidationError("--events-dir needs a folder.") }
        if runID == "" { throw ValidationError("--run-id needs an id; leave it out for one with the date.") }
        if events != nil && eventsDir != nil {
            throw ValidationError("--events and --events-dir name two places; leave one of them out.")
        }
    }

    /// Applies options and environment variables to `server`. An option for the place replaces all variables for it.
    ///
    /// - Parameter settings: Members for the `config` of the run, without secrets.
    /// - Returns: The log, for its counters; nil without a place for it.
    /// - Throws: `ValidationError` for an unknown name, and for variables that contradict each other.
    @discardableResult
    func apply(to server: inout Server, settings: JSONObject = [:]) throws -> EventLog? {
        let steps = try stepSelection()
        let includesProbes = try eventsProbes || Environment.flag("MARTLET_EVENTS_PROBES")
        guard let destination = try destination() else {
            if eventsProbes || eventsSteps != nil || runID != nil {
                throw ValidationError(
                    "--events-probes, --events-steps and --run-id need --events or --events-dir, where events go.")
            }
            return nil
        }
        var configuration = EventsConfiguration(destination)
        configuration.runID = runID ?? Environment.value("MARTLET_RUN_ID") ?? Environment.value("TOY_RUN_ID")
        configuration.includesProbes = includesProbes
        configuration.steps = steps
        configuration.settings = settings
        return server.recordEvents(configuration)
    }

    private func stepSelection() throws -> EventsConfiguration.StepSelection {
        guard let name = eventsSteps ?? Environment.value("MARTLET_EVENTS_STEPS") else { return .none }
        guard let selection = EventsConfiguration.StepSelection(rawValue: name) else {
            throw ValidationError("--events-steps must be none, requested or all, but it is \(name.debugDescription).")
        }
        return selection
    }

    private func destination() throws -> EventsConfiguration.Destination? {
        if let events { return .file(events) }
        if let eventsDir { return .runs(in: eventsDir) }
        switch (Environment.value("MARTLET_EVENTS"), Environment.value("MARTLET_EVENTS_DIR")) {
        case (_?, _?):
            throw ValidationError("MARTLET_EVENTS and MARTLET_EVENTS_DIR name two places; unset one of them.")
        case (let file?, nil): return .file(file)
        case (nil, let folder?): return .runs(in: folder)
        case (nil, nil):
            guard let folder = Environment.value("TAO_RUN_DIR") else { return nil }
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw ValidationError("The folder TAO_RUN_DIR, \(folder), cannot be made.")
            }
            return .file(folder + "/events.jsonl")
        }
    }
}
