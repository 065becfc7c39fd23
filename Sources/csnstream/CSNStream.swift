@main enum CSNStream { static func main() {} }
