import Foundation
import MartletClient
import MartletJSON
import MartletOpenAI
import MartletUV

/// One conversation, from the first line to `/quit`.
actor ChatSession {
    /// What each question is asked with.
    struct Settings: Sendable {
        var thinking: Thinking?
        var maxTokens: Int?
        var temperature: Double?
        var usesTools = false
    }

    /// How far the answers may go with tools before the model has to come to its end.
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

    /// Reads lines and answers them until the last.
    func converse() async throws {
        let interrupt = try await Interrupt()
        let reader = LineReader(historyFile: Self.historyFile)
        screen.note("\(client.model ?? "") at \(client.baseURL). /help lists the commands, Ctrl-D leaves.")
        while let line = await reader.next(prompt: "> ") {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.isEmpty { continue }
            reader.remember(line)
            if text.hasPrefix("/") {
                if await !obey(text) { break }
                continue
            }
            // What went wrong has been said; the conversation goes on.
            _ = await interrupt.cancelling { await self.turn(text) }
        }
        await interrupt.close()
        screen.write("\n")
    }

    /// Answers one question.
    ///
    /// - Throws: `ClientError`.
    func ask(_ text: String) async throws {
        if let error = await turn(text) { throw error }
    }

    private static var historyFile: String? {
        if let file = ProcessInfo.processInfo.environment["MARTLET_HISTORY"] { return file.isEmpty ? nil : file }
        return Environment.value("HOME").map { "\($0)/.martlet_history" }
    }

    // MARK: Commands

    /// Does what a line says that begins with a slash; false ends the conversation.
    private func obey(_ line: String) async -> Bool {
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        let argument = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : nil
        switch parts[0] {
        case "/quit", "/exit": return false
        case "/help": screen.note(Self.help)
        case "/reset":
            (messages, usage) = ([], Usage(promptTokens: 0, completionTokens: 0))
            screen.note("The conversation begins anew.")
        case "/system":
            if let argument { client.systemPrompt = argument == "-" ? nil : argument }
            screen.note("system: \(client.systemPrompt ?? "none")")
        case "/model": await chooseModel(argument)
        case "/tokens": setTokens(argument)
        case "/tools": setTools(argument)
        case "/save": save(to: argument)
        default: screen.complain("there is no command \(parts[0]); /help lists them.")
        }
        return true
    }

    private static let help = """
        /reset           forget the conversation
        /system TEXT     what comes before it; - for nothing
        /model [NAME]    another model, or what there is
        /tokens [N]      what it has cost, or the most tokens of an answer; 0 for no limit
        /tools on|off    let the model calculate and ask for the time
        /save FILE       write the conversation as JSON
        /quit            leave, as Ctrl-D does
        """

    private func chooseModel(_ name: String?) async {
        if let name { client.model = name }
        screen.note("model: \(client.model ?? "none")")
        if name != nil { return }
        do { for model in try await client.models() { screen.note("  \(model.id)") } } catch {
            screen.complain(error.sentence)
        }
    }

    private func setTokens(_ limit: String?) {
        if let limit {
            guard let count = Int(limit), count >= 0 else { return screen.complain("/tokens wants a number.") }
            settings.maxTokens = count == 0 ? nil : count
        }
        let limit = settings.maxTokens.map { "at most \($0) an answer" } ?? "no limit"
        screen.note("tokens: \(usage.promptTokens) in, \(usage.completionTokens) out; \(limit)")
    }

    private func setTools(_ argument: String?) {
        if let argument { settings.usesTools = argument == "on" }
        screen.note("tools \(settings.usesTools ? "on" : "off"): \(tools.map(\.name).joined(separator: ", "))")
    }

    private func save(to path: String?) {
        guard let path else { return screen.complain("/save wants a file.") }
        var all = messages
        if let prompt = client.systemPrompt { all.insert(.system(prompt), at: 0) }
        let json = JSONValue.object([
            "model": .string(client.model ?? ""), "messages": .array(all.map { .object($0.json) }),
        ])
        do {
            try Data("\(json)\n".utf8).write(to: URL(filePath: path), options: .atomic)
            screen.note("\(messages.count) messages are in \(path).")
        } catch {
            screen.complain("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    // MARK: Turns

    /// Asks, shows the answer, and remembers both; returns what went wrong.
    private func turn(_ text: String) async -> ClientError? {
        var request = Client.ChatRequest(
            messages: messages + [.user(text)], temperature: settings.temperature, maxTokens: settings.maxTokens,
            thinking: settings.thinking, stream: true)
        if !others.isEmpty { return await compare(request) }
        let answer = AnswerView(screen)
        do throws(ClientError) {
            let start = ContinuousClock.now
            if settings.usesTools {
                let run = try await client.runTools(
                    request, tools: tools, hooks: answer.hooks, maximumTurns: Self.maximumTurns)
                request.messages = run.messages
                note(run.usage, answer, since: start)
            } else {
                let stream = try await client.stream(request)
                for try await event in stream { answer.show(event) }
                if let choice = stream.replySoFar.choices.first { request.messages.append(choice.message) }
                answer.end()
                note(stream.replySoFar.usage, answer, since: start)
            }
            messages = request.messages
            return nil
        } catch {
            answer.end()
            // A part of an answer that was stopped is part of the conversation; of one that failed nothing is.
            if error.reason == .cancelled {
                messages = request.messages + (answer.text.isEmpty ? [] : [.assistant(answer.text)])
                screen.note("stopped")
            } else if screen.isConversation {
                screen.complain(error.sentence)
            }
            return error
        }
    }

    private func note(_ spent: Usage?, _ answer: AnswerView, since start: ContinuousClock.Instant) {
        answer.end()
        guard let spent else { return }
        usage.promptTokens += spent.promptTokens
        usage.completionTokens += spent.completionTokens
        let seconds = (ContinuousClock.now - (answer.firstPiece ?? start)) / .seconds(1)
        let rate = seconds > 0 ? String(format: "%.1f", Double(spent.completionTokens) / seconds) : "-"
        screen.note("\(spent.promptTokens) + \(spent.completionTokens) tokens, \(rate) tokens/s")
    }

    /// Asks all servers at once and shows each answer when it is there. The conversation goes on with the first server's.
    private func compare(_ request: Client.ChatRequest) async -> ClientError? {
        let screen = screen
        let all = await Client.compare(request, with: [client] + others) { one in
            let seconds = String(format: "%.1f s", one.took / .seconds(1))
            screen.write("--- \(one.client.baseURL) \(one.client.model ?? "") (\(seconds))\n")
            switch one.result {
            case .success(let reply): screen.write("\(reply.content)\n")
            case .failure(let error): screen.complain(error.sentence)
            }
        }
        guard let first = all.first else { return nil }
        switch first.result {
        case .success(let reply): messages = request.messages + [.assistant(reply.content)]
        case .failure(let error): return all.allSatisfy { (try? $0.result.get()) == nil } ? error : nil
        }
        return nil
    }
}
