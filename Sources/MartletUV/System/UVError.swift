internal import CUV

/// An error of libuv or of the system, with libuv's code and message.
package struct UVError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A negative `UV_E…` constant.
    package let code: Int32
    /// The operation that failed, as in "listen on 127.0.0.1:8080".
    package let operation: String

    package init(code: Int32, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// libuv's name of the code, as in `EADDRINUSE`.
    package var name: String { String(cString: uv_err_name(code)) }

    package var description: String { "cannot \(operation): \(String(cString: uv_strerror(code)))" }

    package var isAddressInUse: Bool { code == UV_EADDRINUSE.rawValue }

    /// Throws if a libuv call returned a negative code; otherwise returns the code.
    @discardableResult
    static func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(UVError) -> Int32 {
        if code < 0 { throw UVError(code: code, operation: operation()) }
        return code
    }
}
