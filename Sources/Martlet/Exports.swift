// `import Martlet` alone is enough to write a backend: the wire values and the HTTP values are part of its API.
@_exported public import MartletHTTP
@_exported public import MartletJSON
@_exported public import MartletOpenAI
