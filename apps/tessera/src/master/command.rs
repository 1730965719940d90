//! The master key from a program, such as the client of a secret store.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use zeroize::Zeroizing;

/// How long the program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much of its output is read. A key has 44 characters.
const LONGEST: u64 = 4096;

/// What this program prints. It is run without a shell, without input, and what it prints as an error is shown.
pub(super) fn output(words: &[String]) -> anyhow::Result<Zeroizing<String>> {
    output_in(words, PATIENCE)
}

fn output_in(words: &[String], patience: Duration) -> anyhow::Result<Zeroizing<String>> {
    let (program, arguments) = words
        .split_first()
        .context("master_key_command is empty: name a program")?;
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = started.with_context(|| format!("master_key_command: {program} cannot be started"))?;
    let printed = printed(&mut child, patience);
    // Whatever it has printed: it is not to outlive us.
    if printed.is_none() {
        let _ended_by_itself = child.kill();
    }
    let status = child.wait().with_context(|| format!("master_key_command: {program}"))?;
    match printed {
        None => bail!(
            "master_key_command: {program} has not ended within {} s",
            patience.as_secs()
        ),
        Some(_) if !status.success() => bail!("master_key_command: {program} failed: {status}"),
        Some(text) => Ok(text?),
    }
}

/// All that it prints, until it closes its output; `None` if that takes too long.
fn printed(child: &mut Child, patience: Duration) -> Option<anyhow::Result<Zeroizing<String>>> {
    let output = child.stdout.take()?;
    let (done, text) = channel();
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = output.take(LONGEST).read_to_end(&mut bytes);
        // Nobody waits any more if it took too long.
        let _sent = done.send(read.map(|_| bytes));
    });
    let bytes = text.recv_timeout(patience).ok()?;
    let text = bytes
        .context("master_key_command: its output cannot be read")
        .and_then(|bytes| {
            let text = std::str::from_utf8(&bytes).context("master_key_command: its output is no text")?;
            Ok(Zeroizing::new(text.to_owned()))
        });
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn what_it_prints_is_the_text() {
        assert_eq!(*output(&shell("echo key")).unwrap(), "key\n");
    }

    #[test]
    fn a_failure_names_the_program_and_none_of_its_output() {
        let missing = output(&["/no/such/program".to_owned()]).unwrap_err();
        assert!(format!("{missing:#}").contains("/no/such/program cannot be started"));
        let failed = format!("{:#}", output(&shell("echo canary; exit 3")).unwrap_err());
        assert!(failed.contains("sh failed") && !failed.contains("canary"), "{failed}");
        assert!(output(&[]).is_err());
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let late = output_in(&shell("exec sleep 3600"), Duration::from_millis(10)).unwrap_err();
        assert!(format!("{late:#}").contains("has not ended"), "{late:#}");
    }

    #[test]
    fn no_more_is_read_than_a_key_needs() {
        let long = output(&shell("head -c 100000 /dev/zero | tr '\\0' a; exit 0"));
        assert!(long.map_or(true, |text| text.len() == LONGEST as usize));
    }
}
