@main struct Main { static func main() { print("martlet") } }
