// `import Martlet` alone is enough to write a backend: the wire values, the HTTP values and the constraints on texts are
// part of its API.
@_exported public import MartletConstraint
@_exported public import MartletHTTP
@_exported public import MartletJSON
@_exported public import MartletOpenAI
