import Foundation
import MartletUV
import Testing

@Suite(.serialized, .timeLimit(.minutes(1)))
struct SignalWatcherTests {
    @Test func `a signal is reported on the loop each time, until the end`() async throws {
        try await EventLoop.with { loop in
            let log = Log()
            let subscription = await SignalSubscription([SIGUSR1, SIGUSR2], on: loop) {
                log.record("\(loop.isCurrent)")
            }
            kill(getpid(), SIGUSR1)
            await eventually("the first") { log.entries == ["true"] }
            kill(getpid(), SIGUSR2)
            await eventually("the second") { log.entries == ["true", "true"] }
            subscription.close()
            subscription.close()
        }
    }

    @Test func `a signal that cannot be watched is an error`() async throws {
        try await EventLoop.with { loop in
            let error = await loop.run { () -> UVError? in
                do throws(UVError) {
                    let watcher = try SignalWatcher(SIGKILL, on: loop) {}
                    watcher.close()
                    return nil
                } catch {
                    return error
                }
            }
            #expect(error?.name == "EINVAL")
        }
    }
}
