/// What one backend of a running server is doing, for metrics.
package struct BackendLoad: Sendable {
    /// The ids of its models, as they are listed.
    package let models: [String]
    /// Its part of `ServerCounters.running` and `ServerCounters.waiting`.
    package let running, waiting: Int
    /// What the backend knows of its models.
    package let statistics: [(model: String, statistics: BackendStatistics)]
}

extension RunningServer {
    /// The load of each backend, in the order of the backends. Calls each backend for each of its models.
    package var backendLoads: [BackendLoad] {
        let models = service.registry.models
        return models.backends.map { served in
            let ids = models.all.filter { $0.host === served }.map(\.id)
            return BackendLoad(
                models: ids, running: served.running.value, waiting: served.waiting.value,
                statistics: ids.compactMap { id in served.backend.statistics(of: id).map { (id, $0) } })
        }
    }

    /// A model's id in metrics: `other` for one that is not listed, since clients choose the names of those.
    package func label(ofModel id: String) -> String { service.registry.models.label(of: id) }
}
