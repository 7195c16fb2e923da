import MartletUV

/// A file with the certificates of authorities, in PEM.
enum AuthorityFile {
    private static let maximumBytes = 4 << 20
    /// Also of OpenSSL's TRUSTED CERTIFICATE.
    private static let marker = "CERTIFICATE-----"

    /// What is wrong with a file, as the rest of a sentence that begins with its name; nil if nothing is. Reads it; not on
    /// an event loop.
    static func fault(of path: String) -> String? {
        do throws(UVError) {
            _ = try FileStamp(of: path)
            let content = try FileStamp.contents(of: path, maximumBytes: maximumBytes)
            if String(decoding: content, as: UTF8.self).contains(marker) { return nil }
            return
                "names \(path.shownInMessages), which has no certificate in PEM; name the certificate of the authority"
        } catch {
            return "names a file that cannot be used: \(error)"
        }
    }
}
