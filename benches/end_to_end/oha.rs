//! oha, the load generator that the goals are set against, where it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::Result;
use crate::process::{Took, command, measure};

/// Where it is; `None` when it is not on the PATH.
static OHA: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("oha")).find(|program| program.is_file())
});

/// What raw figures are those of.
pub(crate) fn name() -> Result<String> {
    let Some(oha) = OHA.as_ref() else {
        return Ok("the generator of this benchmark, since oha is not on the PATH".to_owned());
    };
    let output = Command::new(oha).arg("--version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Sends so many requests with the bodies of a file, one a line; `None` where oha is not installed.
pub(crate) fn send(
    port: u16,
    (folder, bodies): (&Path, &str),
    requests: usize,
    concurrency: usize,
) -> Option<Result<Took>> {
    let oha = OHA.as_ref()?;
    let run = || {
        let mut command = command(oha, folder)?;
        command
            .args(["--no-tui", "--method", "POST", "-T", "application/json", "-Z", bodies])
            .args(["-n", &requests.to_string(), "-c", &concurrency.to_string()])
            .arg(format!("http://127.0.0.1:{port}/v1/chat/completions"));
        measure(command, folder)
    };
    Some(run())
}
