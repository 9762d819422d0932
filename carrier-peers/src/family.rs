//! A process with its descendants, as `/proc` shows them.
//!
//! Processes and threads come and go while this is read: one that is gone counts as nothing.

use std::fs;

/// Nanoseconds that all threads of the family have run so far.
pub(crate) fn cpu_ns(id: u32) -> u64 {
    threads(id).iter().filter_map(|(process, thread)| run_time_ns(*process, *thread)).sum()
}

/// Resident bytes of the family's processes, pages that they share counted for each.
pub(crate) fn resident_bytes(id: u32) -> u64 {
    let mut processes: Vec<u32> = threads(id).into_iter().map(|(process, _)| process).collect();
    processes.dedup();
    let pages: u64 = processes.into_iter().filter_map(resident_pages).sum();
    pages * rustix::param::page_size() as u64
}

/// The most that each process of the family had resident since it was last reset, summed, in bytes.
pub(crate) fn peak_bytes(id: u32) -> u64 {
    processes(id).into_iter().filter_map(peak_of).sum()
}

/// Makes what each process has resident now its peak (proc(5), `clear_refs`). Where the system does
/// not allow it, the peak stays that since the start.
pub(crate) fn reset_peak(id: u32) {
    for process in processes(id) {
        let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
    }
}

/// The processes of the family, the oldest first.
pub(crate) fn processes(id: u32) -> Vec<u32> {
    let mut found = vec![id];
    let mut next = 0;
    while let Some(&process) = found.get(next) {
        next += 1;
        for thread in threads_of(process) {
            let path = format!("/proc/{process}/task/{thread}/children");
            let children = fs::read_to_string(path).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|word| word.parse::<u32>().ok()));
        }
    }
    found
}

/// Process and thread ids, grouped by process.
fn threads(id: u32) -> Vec<(u32, u32)> {
    let of = |process| threads_of(process).into_iter().map(move |thread| (process, thread));
    processes(id).into_iter().flat_map(of).collect()
}

fn threads_of(process: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

fn run_time_ns(process: u32, thread: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn peak_of(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}

fn resident_pages(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/statm")).ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}
