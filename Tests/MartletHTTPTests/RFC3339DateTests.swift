import Testing

@testable import MartletHTTP

struct RFC3339DateTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (784_111_777_000_123, "1994-11-06T08:49:37.000123Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (-5, "1970-01-01T00:00:00.000000Z"),
        (4_102_444_799_999_999, "2099-12-31T23:59:59.999999Z"),
    ])
    func `a moment is written in UTC with microseconds`(microseconds: Int, text: String) {
        #expect(RFC3339Date(microsecondsSince1970: microseconds).description == text)
    }
}
