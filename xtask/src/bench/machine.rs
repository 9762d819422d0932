//! What a run was done on.

use std::fs;
use std::thread;

use serde::Serialize;

use crate::tool::Tool;

/// The machine, as far as figures depend on it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_bytes: u64,
    pub(crate) system: String,
    pub(crate) kernel: String,
    pub(crate) rustc: String,
    /// Of the minute before the run: above 0, others were at work.
    pub(crate) load_average: f64,
}

impl Machine {
    /// Looks at this one; what the system does not tell is empty.
    pub(crate) fn look() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let (cpus, memory) = (text("/proc/cpuinfo"), text("/proc/meminfo"));
        let kibibytes = field(&memory, "MemTotal", ':').trim_end_matches(" kB").parse::<u64>();
        let average = text("/proc/loadavg");
        let rustc = Tool::new("rustc", ".").arg("--version").output().unwrap_or_default();
        Self {
            cpu: field(&cpus, "model name", ':').to_owned(),
            cores: thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kibibytes.unwrap_or(0) << 10,
            system: field(&text("/etc/os-release"), "PRETTY_NAME", '=').trim_matches('"').into(),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: rustc.trim().to_owned(),
            load_average: average.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0),
        }
    }
}

/// What stands behind a name and a mark in the first line that begins with the name.
fn field<'a>(text: &'a str, name: &str, mark: char) -> &'a str {
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_once(mark).map_or("", |(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let text = "MemFree: 1 kB\nMemTotal:       2048 kB\n";
        assert_eq!(field(text, "MemTotal", ':'), "2048 kB");
        assert_eq!(field(text, "Nothing", ':'), "");
    }
}
