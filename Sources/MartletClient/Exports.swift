@_exported public import MartletCurl
@_exported public import MartletHTTP
@_exported public import MartletJSON
@_exported public import MartletOpenAI
