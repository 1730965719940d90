//! What the system says of this process, under the names that Prometheus has for it.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

/// CPU time, memory, files and threads of this process. Nothing where the system cannot be asked.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        write(encoder)
    }
}

#[cfg(target_os = "linux")]
fn write(encoder: DescriptorEncoder<'_>) -> fmt::Result {
    use super::page::Page;

    let mut page = Page::new(encoder);
    let Some(process) = facts() else {
        return Ok(());
    };
    page.counter("process_cpu_seconds", "CPU time used, of all threads.", process.cpu)?;
    page.gauge("process_resident_memory_bytes", "Memory in use.", process.resident)?;
    page.gauge(
        "process_virtual_memory_bytes",
        "Address space in use.",
        process.virtual_,
    )?;
    page.gauge("process_threads", "Threads.", process.threads)?;
    page.gauge(
        "process_start_time_seconds",
        "When it was started, since 1970.",
        process.started,
    )?;
    page.gauge("process_open_fds", "Open files.", process.open_files)?;
    page.gauge("process_max_fds", "How many files may be open.", process.most_files)
}

#[cfg(not(target_os = "linux"))]
fn write(_: DescriptorEncoder<'_>) -> fmt::Result {
    Ok(())
}

#[cfg(target_os = "linux")]
struct Facts {
    cpu: f64,
    resident: u64,
    virtual_: u64,
    threads: i64,
    started: f64,
    open_files: u64,
    most_files: u64,
}

#[cfg(target_os = "linux")]
#[allow(clippy::cast_precision_loss, reason = "ticks and seconds are far below 2^53")]
fn facts() -> Option<Facts> {
    use procfs::process::{LimitValue, Process};
    use procfs::{CurrentSI, KernelStats};

    let process = Process::myself().ok()?;
    let stat = process.stat().ok()?;
    let limit = process.limits().ok()?.max_open_files.soft_limit;
    let tick = procfs::ticks_per_second() as f64;
    let booted = KernelStats::current().ok()?.btime as f64;
    Some(Facts {
        cpu: (stat.utime + stat.stime) as f64 / tick,
        resident: stat.rss.saturating_mul(procfs::page_size()),
        virtual_: stat.vsize,
        threads: stat.num_threads,
        started: booted + stat.starttime as f64 / tick,
        open_files: process.fd_count().ok()? as u64,
        most_files: match limit {
            LimitValue::Value(most) => most,
            LimitValue::Unlimited => u64::MAX,
        },
    })
}
