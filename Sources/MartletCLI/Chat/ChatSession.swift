import Foundation
import MartletClient
import MartletJSON
import MartletOpenAI
import MartletUV

/// A chat: an interactive conversation, or a single prompt.
actor ChatSession {
    /// Parameters of each request.
    struct Settings: Sendable {
        var thinking: Thinking?
        var maxTokens: Int?
        var temperature: Double?
        var usesTools = false
        /// The format of every reply.
        var format: ResponseFormat?

        /// Why a reply does not have the format, as far as that can be seen without the schema.
        func fault(in reply: ChatReply) -> TypedReplyError? {
            if format == nil { return nil }
            do throws(TypedReplyError) { _ = try reply.decoded(as: JSONValue.self) } catch { return error }
            return nil
        }
    }

    /// The maximum number of replies per turn when tools are used.
    private static let maximumTurns = 8

    private var client: Client
    private let others: [Client]
    private var settings: Settings
    private let screen: Screen
    private let tools: [any Tool] = [CalculateTool(), CurrentTimeTool()]
    private var messages: [ChatMessage] = []
    private var usage = Usage(promptTokens: 0, completionTokens: 0)

    init(client: Client, comparedWith others: [Client], settings: Settings, screen: Screen) {
        (self.client, self.others, self.settings, self.screen) = (client, others, settings, screen)
    }

    // MARK: Lines

    /// Reads lines and handles them until the user quits.
    func runConversation() async throws {
        let interrupt = try await Interrupt()
        let reader = LineReader(historyFile: Self.historyFile)
        screen.info("\(client.model ?? "") at \(client.baseURL). /help lists the commands, Ctrl-D quits.")
        while let line = await reader.next(prompt: "> ") {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.isEmpty { continue }
            reader.addToHistory(line)
            if text.hasPrefix("/") {
                if await !runCommand(text) { break }
                continue
            }
            // Errors have been shown; the conversation continues.
            _ = await interrupt.cancelling { await self.turn(text) }
        }
        await interrupt.close()
        screen.write("\n")
    }

    /// Sends one prompt and shows the reply.
    ///
    /// - Throws: `ClientError`, or `TypedReplyError` for a reply without the requested format.
    func ask(_ text: String) async throws {
        if let error = await turn(text) { throw error }
    }

    private static var historyFile: String? {
        if let file = ProcessInfo.processInfo.environment["MARTLET_HISTORY"] { return file.isEmpty ? nil : file }
        return Environment.value("HOME").map { "\($0)/.martlet_history" }
    }

    // MARK: Commands

    /// Runs a line that begins with a slash; false ends the conversation.
    private func runCommand(_ line: String) async -> Bool {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        let argument = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : nil
        switch parts[0] {
        case "/quit", "/exit": return false
        case "/help": screen.info(Self.help)
        case "/reset":
            (messages, usage) = ([], Usage(promptTokens: 0, completionTokens: 0))
            screen.info("The conversation was reset.")
        case "/system":
            if let argument { client.systemPrompt = argument == "-" ? nil : argument }
            screen.info("system: \(client.systemPrompt ?? "none")")
        case "/model": await chooseModel(argument)
        case "/tokens": setTokens(argument)
        case "/tools": setTools(argument)
        case "/save": save(to: argument)
        default: screen.error("there is no command \(parts[0]); /help lists them.")
        }
        return true
    }

    private static let help = """
        /reset           start a new conversation
        /system TEXT     set the system prompt; - removes it
        /model [NAME]    switch models, or list them
        /tokens [N]      show token usage, or set the maximum tokens of a reply; 0 for no limit
        /tools on|off    let the model use a calculator and a clock
        /save FILE       write the conversation as JSON
        /quit            quit, as Ctrl-D does
        """

    private func chooseModel(_ name: String?) async {
        if let name { client.model = name }
        screen.info("model: \(client.model ?? "none")")
        if name != nil { return }
        do { for model in try await client.models() { screen.info("  \(model.id)") } } catch {
            screen.error(error.sentence)
        }
    }

    private func setTokens(_ limit: String?) {
        if let limit {
            guard let count = Int(limit), count >= 0 else { return screen.error("/tokens takes a number.") }
            settings.maxTokens = count == 0 ? nil : count
        }
        let limit = settings.maxTokens.map { "at most \($0) per reply" } ?? "no limit"
        screen.info("tokens: \(usage.promptTokens) in, \(usage.completionTokens) out; \(limit)")
    }

    private func setTools(_ argument: String?) {
        if argument == "on", settings.format != nil {
            return screen.error("replies of --schema are JSON, so the model cannot call tools.")
        }
        if let argument { settings.usesTools = argument == "on" }
        screen.info("tools \(settings.usesTools ? "on" : "off"): \(tools.map(\.name).joined(separator: ", "))")
    }

    private func save(to path: String?) {
        guard let path else { return screen.error("/save takes a file name.") }
        var all = messages
        if let prompt = client.systemPrompt { all.insert(.system(prompt), at: 0) }
        let json = JSONValue.object([
            "model": .string(client.model ?? ""), "messages": .array(all.map { .object($0.json) }),
        ])
        do {
            try Data("\(json)\n".utf8).write(to: URL(filePath: path), options: .atomic)
            screen.info("Saved \(messages.count) messages to \(path).")
        } catch {
            screen.error("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    // MARK: Turns

    /// Sends a message, shows the reply, and keeps both; returns the error, if any.
    private func turn(_ text: String) async -> (any Error)? {
        var request = Client.ChatRequest(
            messages: messages + [.user(text)], temperature: settings.temperature, maxTokens: settings.maxTokens,
            thinking: settings.thinking, responseFormat: settings.format, stream: true)
        if !others.isEmpty { return await compare(request) }
        let view = ReplyView(screen)
        var fault: TypedReplyError?
        do throws(ClientError) {
            let start = ContinuousClock.now
            if settings.usesTools {
                let run = try await client.runTools(
                    request, tools: tools, hooks: view.hooks, maximumTurns: Self.maximumTurns)
                request.messages = run.messages
                record(run.usage, view, since: start)
            } else {
                let stream = try await client.stream(request)
                for try await event in stream {
                    // With a format a refusal is an error, and not part of the output.
                    if case .refusal = event.kind, settings.format != nil { continue }
                    view.show(event)
                }
                let reply = stream.replySoFar
                if let choice = reply.choices.first { request.messages.append(choice.message) }
                view.end()
                record(reply.usage, view, since: start)
                fault = settings.fault(in: reply)
            }
            messages = request.messages
            if let fault, screen.isConversation { screen.error("\(fault)") }
            return fault
        } catch {
            view.end()
            // A reply that the user stopped stays in the conversation as far as it arrived; one that failed does not.
            if error.reason == .cancelled {
                messages = request.messages + (view.text.isEmpty ? [] : [.assistant(view.text)])
                screen.info("stopped")
            } else if screen.isConversation {
                screen.error(error.sentence)
            }
            return error
        }
    }

    private func record(_ spent: Usage?, _ view: ReplyView, since start: ContinuousClock.Instant) {
        view.end()
        guard let spent else { return }
        usage.promptTokens += spent.promptTokens
        usage.completionTokens += spent.completionTokens
        let seconds = (ContinuousClock.now - (view.firstPiece ?? start)) / .seconds(1)
        let rate = seconds > 0 ? String(format: "%.1f", Double(spent.completionTokens) / seconds) : "-"
        screen.info("\(spent.promptTokens) + \(spent.completionTokens) tokens, \(rate) tokens/s")
    }

    /// Sends the request to all servers and shows each reply when it is complete. The conversation continues with the
    /// first server's reply. Returns the first error if there is no reply without one.
    private func compare(_ request: Client.ChatRequest) async -> (any Error)? {
        let (screen, settings) = (screen, settings)
        let all = await Client.compare(request, with: [client] + others) { one in
            let seconds = String(format: "%.1f s", one.duration / .seconds(1))
            screen.write("--- \(one.client.baseURL) \(one.client.model ?? "") (\(seconds))\n")
            switch one.result {
            case .success(let reply):
                screen.write("\(reply.content)\n")
                if let fault = settings.fault(in: reply) { screen.error("\(fault)") }
            case .failure(let error): screen.error(error.sentence)
            }
        }
        if case .success(let reply) = all.first?.result {
            messages = request.messages + [.assistant(reply.content)]
        }
        let errors = all.compactMap { one -> (any Error)? in
            switch one.result {
            case .success(let reply): settings.fault(in: reply)
            case .failure(let error): error
            }
        }
        return errors.count == all.count ? errors.first : nil
    }
}
