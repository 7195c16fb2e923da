public import MartletOperations

extension MetricSource {
    /// The metrics of a gateway's upstreams, each with the label `upstream`. Those that are configured no longer are left out.
    public static func upstreams(of gateway: Gateway) -> [MetricSource] {
        let reports: @Sendable () -> [UpstreamReport] = { gateway.reports.filter { $0.state != .removed } }
        return [
            .counter("upstream_requests_total", help: "Requests that ended, by upstream and outcome.") {
                reports().flatMap { report in
                    report.outcomes.map { (["upstream": report.name, "outcome": $0.name], $0.count) }
                }
            },
            .counter("upstream_retries_total", help: "Requests that came after another attempt had failed.") {
                reports().map { ($0.labels, $0.retries) }
            },
            .gauge("upstream_outstanding_requests", help: "Requests that have not ended.") {
                reports().map { ($0.labels, Double($0.outstandingRequests)) }
            },
            .gauge("upstream_outstanding_tokens", help: "Their estimated tokens, prompts included.") {
                reports().map { ($0.labels, Double($0.outstandingTokens)) }
            },
            .gauge("upstream_state", help: "1 for the state that the upstream is in.") {
                reports().flatMap { report in
                    UpstreamReport.State.all.filter { $0 != .removed }.map { state in
                        (["upstream": report.name, "state": state.description], report.state == state ? 1 : 0)
                    }
                }
            },
            .histogram(
                "upstream_time_to_first_token_seconds",
                help: "From the choice of the upstream to the first content of a stream."
            ) { reports().map { ($0.labels, $0.firstTokens) } },
            .counter("upstream_prefix_blocks_total", help: "Blocks of prompts, under prefix affinity.") {
                reports().map { ($0.labels, $0.blocks) }
            },
            .counter("upstream_prefix_blocks_matched_total", help: "Blocks that were sent there before.") {
                reports().map { ($0.labels, $0.matchedBlocks) }
            },
        ]
    }
}

extension UpstreamReport {
    fileprivate var labels: Labels { ["upstream": name] }
}
