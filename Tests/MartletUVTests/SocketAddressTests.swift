import MartletUV
import Testing

struct SocketAddressTests {
    @Test(arguments: ["127.0.0.1", "::1", "localhost", "0.0.0.0"])
    func `a host resolves to an address with the requested port`(host: String) throws {
        let address = try SocketAddress.resolve(host: host, port: 8080)
        #expect(address.port == 8080)
        #expect(address.with(port: 65535).port == 65535)
        #expect(address.port == 8080)
    }

    @Test(arguments: [-1, 65536, Int.max])
    func `a number that is not a port is an error that names it`(port: Int) {
        let error = #expect(throws: UVError.self) { _ = try SocketAddress.resolve(host: "127.0.0.1", port: port) }
        #expect(error?.description.contains("\(port)") == true)
        #expect(error?.isAddressInUse == false)
    }

    @Test func `a host that does not exist is an error that names it`() async throws {
        let error = try await onThread {
            #expect(throws: UVError.self) { _ = try SocketAddress.resolve(host: "no such host", port: 1) }
        }
        #expect(error?.description.hasPrefix("cannot find an address for no such host: ") == true)
    }
}
