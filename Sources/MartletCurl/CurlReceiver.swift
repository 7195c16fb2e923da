package import MartletHTTP

/// What libcurl hands the response of a transfer to, on the loop's thread, as it arrives.
package protocol CurlReceiver: AnyObject {
    /// Status and fields of the final response.
    func didReceive(_ head: IncomingHead)

    /// The next bytes of the content, which are valid during the call.
    func didReceive(_ bytes: UnsafeRawBufferPointer) -> CurlReception

    /// The end of the response; the last call. Nil if the response is complete.
    func didEnd(_ error: TransportError?)
}

/// What becomes of received bytes.
package enum CurlReception {
    /// The receiver has them.
    case taken
    /// The receiver has none of them: they come again after the transfer was resumed.
    case paused
    /// The receiver wants no more: the transfer ends with an error.
    case refused
}
