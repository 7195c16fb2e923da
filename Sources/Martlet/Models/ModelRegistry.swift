internal import Logging
internal import MartletOpenAI
internal import MartletUV

/// The models that a server serves. A change replaces all of them at once; a request keeps the model that it resolved.
final class ModelRegistry: Sendable {
    /// An immutable list of models and their names.
    final class Models: Sendable {
        let backends: [ServedBackend]
        /// In the order in which they are listed.
        let all: [ServedModel]
        /// The listed names: the models' ids, then the aliases in order of name.
        let names: [(name: String, model: ServedModel)]
        private let byName: [String: ServedModel]
        private let configuration: ServerConfiguration
        private let startTime: Int
        /// The names outside of which nothing exists here; nil without a limit.
        private let limit: Set<String>?
        /// Documents about these models that APIs have rendered, by path.
        private let documents = Locked<[String: [UInt8]]>([:])
        /// The models of principals that are limited to some, by those.
        private let views = Locked<[Set<String>: Models]>([:])

        fileprivate init(
            _ lists: [(backend: ServedBackend, models: [Model])], configuration: ServerConfiguration, startTime: Int
        ) {
            backends = lists.map(\.backend)
            self.configuration = configuration
            self.startTime = startTime
            let aliases = Dictionary(grouping: configuration.modelAliases.sorted { $0.key < $1.key }, by: \.value)
            var all: [ServedModel] = []
            var byName: [String: ServedModel] = [:]
            for (backend, models) in lists {
                for model in models where byName[model.id] == nil {
                    let served = ServedModel(
                        model, of: backend, aliases: aliases[model.id]?.map(\.key) ?? [], startTime: startTime)
                    all.append(served)
                    byName[model.id] = served
                }
            }
            var names = all.map { ($0.id, $0) }
            // An id takes precedence over an equal alias.
            for (alias, id) in configuration.modelAliases.sorted(by: { $0.key < $1.key }) where byName[alias] == nil {
                if let model = all.first(where: { $0.id == id }) { names.append((alias, model)) }
            }
            for (name, model) in names { byName[name] = model }
            self.all = all
            self.names = names
            self.byName = byName
            limit = nil
        }

        /// Those of `models` that have a name in `limit`.
        private init(_ models: Models, limitedTo limit: Set<String>) {
            let ids = Set(limit.compactMap { models.listed($0)?.id })
            backends = models.backends
            configuration = models.configuration
            startTime = models.startTime
            all = models.all.filter { ids.contains($0.id) }
            names = models.names.filter { ids.contains($0.model.id) }
            byName = models.byName.filter { ids.contains($0.value.id) }
            self.limit = limit
        }

        /// Those models that have a name in `limit`, as if there were no others.
        func limited(to limit: Set<String>) -> Models {
            if let view = views.withLock({ $0[limit] }) { return view }
            let view = Models(self, limitedTo: limit)
            views.withLock { views in
                // Keys name few different sets; an application's authenticator may invent them.
                if views.count >= 256 { views = [:] }
                views[limit] = view
            }
            return view
        }

        /// The model that is listed by `name`.
        func listed(_ name: String) -> ServedModel? { byName[name] }

        /// A model's id in metrics: `other` for one that is not listed, since clients choose the names of those.
        func label(of id: String) -> String { byName[id]?.id == id ? id : "other" }

        /// The model that a request names, listed or not; nil if there is none.
        func model(named name: String) -> ServedModel? {
            if let model = listed(name) { return model }
            if limit?.contains(name) != false,
                let backend = backends.first(where: { $0.backend.resolvesUnknownModels })
            {
                return ServedModel(Model(id: name), of: backend, startTime: startTime)
            }
            return configuration.acceptsAnyModel ? configuration.defaultModel.flatMap(listed) ?? all.first : nil
        }

        /// The model of a request that names none: the default model, or the only one.
        var unnamed: ServedModel? {
            if let name = configuration.defaultModel { return model(named: name) }
            return all.count == 1 || configuration.acceptsAnyModel ? all.first : nil
        }

        /// The model that a request asks for.
        ///
        /// - Throws: 404 for an unknown name; 400 if a name is required.
        func resolve(_ name: String?) throws(OpenAIError) -> ServedModel {
            if let name {
                guard let model = model(named: name) else { throw .modelNotFound(name) }
                return model
            }
            guard let model = unnamed else {
                throw .missingParameter("model", "Name a model in `model`; GET /v1/models lists them.")
            }
            return model
        }

        /// An API's document about these models at `path`, rendered once, since they do not change.
        func document(_ path: String, _ write: (Models) -> [UInt8]) -> [UInt8] {
            if let document = documents.withLock({ $0[path] }) { return document }
            let document = write(self)
            documents.withLock { $0[path] = document }
            return document
        }

        /// Whether the server is ready: every backend has been ready at least once, and one is now.
        var isReady: Bool { backends.allSatisfy(\.hasBeenReady) && backends.contains(where: \.isReady) }

        /// Whether a backend conforms to what an endpoint needs.
        func offers(_ isOffered: (ServedBackend) -> Bool) -> Bool { backends.contains(where: isOffered) }
    }

    /// Each backend's last list, and the models that result.
    private struct State {
        var lists: [(backend: ServedBackend, models: [Model])]
        var models: Models
        /// Backends whose last `listModels()` failed, which was logged.
        var failing: Set<ObjectIdentifier> = []
        var watches: [Task<Void, Never>] = []
        var isStopped = false
    }

    private let configuration: ServerConfiguration
    private let startTime: Int
    private let state: Locked<State>
    /// Each backend's `modelChanges`, from before its first list, so that no change is missed.
    private let changes: [AsyncStream<Void>]
    /// Lists are read one after the other: an older one must not replace a newer one.
    private let refreshing = Admission(permits: 1)

    /// Calls `listModels()` of each backend.
    ///
    /// - Throws: Errors of `listModels()`; `ServerError` for an id that is served twice, and for a default model that
    ///   is not served.
    init(_ backends: [ServedBackend], configuration: ServerConfiguration, startTime: Int) async throws {
        changes = backends.map(\.backend.modelChanges)
        var lists: [(backend: ServedBackend, models: [Model])] = []
        for backend in backends { lists.append((backend, try await backend.backend.listModels())) }
        try Self.checkDistinct(lists)
        let models = Models(lists, configuration: configuration, startTime: startTime)
        if let name = configuration.defaultModel, models.listed(name) == nil,
            !backends.contains(where: { $0.backend.resolvesUnknownModels })
        {
            throw ServerError(
                "the default model \(name.debugDescription) is not served; there are "
                    + models.names.map(\.name.debugDescription).joined(separator: ", "))
        }
        self.configuration = configuration
        self.startTime = startTime
        state = Locked(State(lists: lists, models: models))
    }

    /// The current models.
    var models: Models { state.withLock { $0.models } }

    /// The current models that exist for a principal.
    func models(for principal: Principal?) -> Models {
        guard let limit = principal?.models else { return models }
        return models.limited(to: limit)
    }

    // MARK: Changes

    /// Follows the backends' `modelChanges` until `stop()`.
    func watch() {
        let backends = state.withLock { $0.lists.map(\.backend) }
        let watches = zip(backends, changes).map { backend, changes in
            // The task keeps neither the registry nor a backend that was replaced alive.
            Task { [weak self, weak backend] in
                for await _ in changes {
                    guard let self, let backend else { return }
                    await refresh(backend)
                }
            }
        }
        state.withLock { $0.watches += watches }
    }

    func stop() {
        let watches = state.withLock { state in
            defer { state.watches = [] }
            state.isStopped = true
            return state.watches
        }
        for watch in watches { watch.cancel() }
    }

    /// Calls `listModels()` of every backend again.
    func refresh() async {
        for backend in state.withLock({ $0.lists.map(\.backend) }) { await refresh(backend) }
    }

    /// Calls a backend's `listModels()` again. If it throws, the last list stays.
    func refresh(_ backend: ServedBackend) async {
        do {
            try await refreshing.limit {
                var lists = state.withLock { $0.isStopped ? [] : $0.lists }
                guard let place = lists.firstIndex(where: { $0.backend === backend }) else { return }
                lists[place].models = try await backend.backend.listModels()
                // Asks the backend for details of each model, hence outside the lock that every request takes.
                let models = Models(lists, configuration: configuration, startTime: startTime)
                state.withLock { state in
                    state.failing.remove(ObjectIdentifier(backend))
                    (state.lists, state.models) = (lists, models)
                }
                logDuplicates()
            }
        } catch is CancellationError {
            // The server stops.
        } catch {
            let isNew = state.withLock { $0.failing.insert(ObjectIdentifier(backend)).inserted }
            if isNew {
                let text = "\(error)".escapingInvisibles()
                configuration.logger.error("listing the models failed, those listed last are served on: \(text)")
            }
        }
    }

    private func logDuplicates() {
        guard let fault = Self.firstDuplicate(state.withLock { $0.lists }) else { return }
        configuration.logger.error("\(fault); the first is served")
    }

    private static func checkDistinct(_ lists: [(backend: ServedBackend, models: [Model])]) throws(ServerError) {
        if let fault = firstDuplicate(lists) { throw ServerError(fault) }
    }

    private static func firstDuplicate(_ lists: [(backend: ServedBackend, models: [Model])]) -> String? {
        var owners: [String: Int] = [:]
        for (number, list) in lists.enumerated() {
            for model in list.models {
                guard let first = owners.updateValue(number, forKey: model.id) else { continue }
                let names = [first, number].map { "backend \($0 + 1) (\(type(of: lists[$0].backend.backend)))" }
                let id = model.id.debugDescription.escapingInvisibles()
                return first == number
                    ? "\(names[0]) lists the model \(id) twice"
                    : "\(names[0]) and \(names[1]) both serve a model \(id): give one another id"
            }
        }
        return nil
    }
}
