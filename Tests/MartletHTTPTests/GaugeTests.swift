import MartletHTTP
import Testing

struct GaugeTests {
    @Test func `no change is lost between threads`() async {
        let gauge = Gauge()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1000 { gauge.add(3) } }
                group.addTask { for _ in 0..<1000 { gauge.add(-2) } }
            }
        }
        #expect(gauge.value == 8000)
    }
}
