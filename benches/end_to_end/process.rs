//! Runs a command and says what it took.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::Result;

/// What a whole process took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Took {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// On all cores, in the kernel too.
    pub(crate) cpu: Duration,
    /// The most memory it held at once, in bytes.
    pub(crate) peak: u64,
}

/// A command in a folder, with no environment; what it prints goes to `out.txt` and `err.txt` there.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Result<Command> {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(File::create(folder.join("out.txt"))?)
        .stderr(File::create(folder.join("err.txt"))?);
    Ok(command)
}

/// Runs a command to its end, which must be exit code 0.
pub(crate) fn measure(mut command: Command, folder: &Path) -> Result<Took> {
    let begun = Instant::now();
    let used = command.spawn()?.wait4()?;
    let wall = begun.elapsed();
    if !used.status.success() {
        let said = std::fs::read_to_string(folder.join("err.txt"))?;
        return Err(format!("{command:?} ended with {}: {said}", used.status).into());
    }
    Ok(Took { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
}

/// Ends a process that was started here, at once, as `kill -9` does.
pub(crate) fn kill(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}
