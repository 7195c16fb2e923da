import ArgumentParser
import Martlet

/// Who may use the server.
struct AccessOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            An API key with all permissions; repeatable. Other users of the machine see options, but not variables. \
            (default: none) [env: MARTLET_API_KEY]
            """, valueName: "key"))
    var apiKey: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            A file of API keys, one per line, as 'martlet keys new' prints them; read again when it changes. \
            (default: none) [env: MARTLET_API_KEYS_FILE]
            """, valueName: "file"))
    var apiKeysFile: String?

    @Flag(help: "Serve everybody, also on an address that other machines reach. [env: MARTLET_NO_AUTH]")
    var noAuth = false

    func validate() throws {
        if apiKeysFile == "" { throw ValidationError("--api-keys-file needs a path.") }
        if noAuth && (!apiKey.isEmpty || apiKeysFile != nil) {
            throw ValidationError("--no-auth contradicts --api-key and --api-keys-file; leave one of them out.")
        }
    }

    /// The keys that requests need; nil if everybody may use the server.
    ///
    /// - Throws: `ValidationError` for an address that other machines can reach, without keys and without `--no-auth`;
    ///   `ServerError` for keys that cannot be used.
    func authenticator(for configuration: ServerConfiguration) throws -> StaticKeys? {
        if noAuth { return nil }
        var (keys, file) = (apiKey, apiKeysFile)
        let isOpen = try Environment.flag("MARTLET_NO_AUTH")
        // An option replaces all variables: --api-key does not add to the keys of a file in the environment.
        if keys.isEmpty && file == nil {
            (keys, file) = (Environment.list("MARTLET_API_KEY"), Environment.value("MARTLET_API_KEYS_FILE"))
            if isOpen && (!keys.isEmpty || file != nil) {
                throw ValidationError(
                    "MARTLET_NO_AUTH contradicts MARTLET_API_KEY and MARTLET_API_KEYS_FILE; unset one of them.")
            }
        }
        guard keys.isEmpty && file == nil else {
            return try StaticKeys(keys, file: file, logger: configuration.logger)
        }
        if !isOpen, let address = (configuration.listen + configuration.adminListen).first(where: { !$0.isLoopback }) {
            throw ValidationError(
                "Other machines may reach \(address), and there are no API keys: give --api-key or --api-keys-file, or "
                    + "serve everybody with --no-auth.")
        }
        return nil
    }
}
