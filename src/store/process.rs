//! Whether the process that holds a claim is still there.

/// Where a process id means something: this boot of this machine, and in it this namespace of processes. Empty where
/// that cannot be told, and then no process counts as dead before its lease is over.
pub(super) fn machine() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    match (boot, namespace) {
        (Ok(boot), Ok(namespace)) => format!("{} {}", boot.trim(), namespace.display()),
        _ => String::new(),
    }
}

/// Whether there is surely no process with this id, in the namespace of this one.
#[cfg(unix)]
pub(super) fn is_dead(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // Any other answer, such as that the process belongs to somebody else, comes from one that lives.
    pid.is_none_or(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

/// Whether there is surely no process with this id: here only the end of its lease tells.
#[cfg(not(unix))]
pub(super) fn is_dead(_pid: u32) -> bool {
    false
}
