import Foundation

/// The memory that this process can still have.
enum AvailableMemory {
  /// In bytes, swap included: what the machine has free, and what limits on the process (RLIMIT_AS) or
  /// on its control group leave; nil where the kernel does not tell.
  static var bytes: Int? {
    [machine, addressSpace, controlGroup].compactMap { $0 }.min()
  }

  private static var machine: Int? {
    let file = "/proc/meminfo"
    guard let memory = ProcessMemory.bytes("MemAvailable", in: file) else { return nil }
    return memory + (ProcessMemory.bytes("SwapFree", in: file) ?? 0)
  }

  private static var addressSpace: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0,
      limit.rlim_cur < rlim_t(Int.max)
    else { return nil }
    return max(0, Int(limit.rlim_cur) - ProcessMemory.addressSpace)
  }

  /// Control group v2 (kernel documentation, admin-guide/cgroup-v2).
  private static var controlGroup: Int? {
    guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
      let path = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })?.dropFirst(3)
    else { return nil }
    func text(_ file: String) -> String? {
      try? String(contentsOfFile: "/sys/fs/cgroup\(path)/\(file)", encoding: .utf8)
    }
    func number(_ file: String) -> Int? {
      text(file).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    guard let limit = number("memory.max"), let used = number("memory.current") else { return nil }
    // What files have in memory makes room for programs.
    let files = (text("memory.stat") ?? "").split(separator: "\n")
      .filter { $0.hasPrefix("active_file ") || $0.hasPrefix("inactive_file ") }
      .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    return max(0, limit - used + files.reduce(0, +))
  }
}
