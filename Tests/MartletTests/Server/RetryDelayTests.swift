import Testing

@testable import Martlet

struct RetryDelayTests {
    @Test(arguments: [
        (Duration.zero, 1, 1), (.nanoseconds(1), 1, 1), (.milliseconds(28), 1, 28), (.seconds(1), 1, 1000),
        (.milliseconds(1001), 2, 1001), (.seconds(-3), 1, 1), (.seconds(90), 90, 90_000),
    ])
    func `seconds and milliseconds are rounded up, and are at least 1`(time: Duration, seconds: Int, milliseconds: Int)
    {
        #expect(RetryDelay(time).seconds == seconds)
        #expect(RetryDelay(time).milliseconds == milliseconds)
        #expect(RetryDelay(seconds: 7) == RetryDelay(seconds: 7))
        #expect(RetryDelay(seconds: 7).milliseconds == nil)
    }

    @Test(arguments: [
        (Duration.milliseconds(28), "28ms", "28ms"), (.microseconds(27_001), "28ms", "28ms"), (.seconds(1), "1s", "1s"),
        (.milliseconds(1200), "1.2s", "1.2s"), (.milliseconds(11_054), "11.054s", "11.054s"),
        (.seconds(360), "360s", "6m0s"), (.milliseconds(60_050), "60.05s", "1m0.05s"),
        (.seconds(7384), "7384s", "2h3m4s"),
        (.zero, "1ms", "0s"),
    ])
    func `messages have seconds or milliseconds, and fields have durations as Go writes them`(
        time: Duration, sentence: String, go: String
    ) {
        #expect(RetryDelay.sentence(time) == sentence)
        #expect(RetryDelay.goDuration(time) == go)
    }
}
