//! Programs under callgrind, and the sum that it writes.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::tool::Tool;
use crate::workspace::Workspace;

/// The built programs, and where callgrind leaves its output.
#[derive(Debug)]
pub(crate) struct Callgrind {
    /// The folder of the built programs.
    binaries: PathBuf,
    /// The folder of what callgrind writes, a file a run; `callgrind_annotate` shows one.
    output: PathBuf,
}

impl Callgrind {
    /// Builds as the README says: the server, what runs the paths, and what sends requests.
    ///
    /// One after the other, because cargo would unite their features.
    pub(super) fn build(workspace: &Workspace) -> Result<Self, Error> {
        if Tool::new("valgrind", &workspace.root).arg("--version").output().is_err() {
            let install = "apt-get install valgrind";
            return Err(Error::Missing { program: "valgrind", install });
        }
        for package in ["carrier-server", "carrier-counts", "carrier-load"] {
            workspace.cargo().args(["build", "--locked", "--release", "-p", package]).run()?;
        }
        let output = workspace.target.join("counts");
        fs::create_dir_all(&output)
            .map_err(|source| Error::File { path: output.clone(), source })?;
        Ok(Self { binaries: workspace.target.join("release"), output })
    }

    /// A built program.
    pub(super) fn binary(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// What `carrier-counts` prints to these words, not counted.
    pub(super) fn ask(&self, words: &[&str]) -> Result<String, Error> {
        Tool::new(self.binary("carrier-counts"), &self.output).args(words).output()
    }

    /// Instructions per unit of what `carrier-counts` runs at these words.
    pub(super) fn count(&self, words: &[&str; 2]) -> Result<f64, Error> {
        let output = self.output_of(&words.join("-"));
        let printed = Tool::new("valgrind", &self.output)
            .args(Self::arguments(&output))
            .arg(format!("--toggle-collect={MEASURED}"))
            .arg(self.binary("carrier-counts"))
            .args(words)
            .output()?;
        let units: u64 = printed.trim().parse().map_err(|_| Error::Uncounted {
            path: output.clone(),
            expected: "a number of units",
        })?;
        Ok(Self::total(&output)? as f64 / units as f64)
    }

    /// The file that a run of this name writes.
    pub(super) fn output_of(&self, run: &str) -> PathBuf {
        self.output.join(format!("{run}.callgrind"))
    }

    /// What to tell valgrind, but for the program.
    pub(super) fn arguments(output: &Path) -> [String; 3] {
        let output = format!("--callgrind-out-file={}", output.display());
        ["--quiet".to_owned(), "--tool=callgrind".to_owned(), output]
    }

    /// All instructions that a run has collected.
    pub(super) fn total(output: &Path) -> Result<u64, Error> {
        let text = fs::read_to_string(output)
            .map_err(|source| Error::File { path: output.to_path_buf(), source })?;
        total_in(&text).ok_or_else(|| Error::Uncounted {
            path: output.to_path_buf(),
            expected: "a sum above 0",
        })
    }
}

/// The sum in what callgrind wrote; none where it collected nothing.
pub(crate) fn total_in(text: &str) -> Option<u64> {
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "))?;
    total.trim().parse().ok().filter(|total| *total > 0)
}

/// The function that the paths of `carrier-counts` run their measured part in.
const MEASURED: &str = "carrier_counts::measure::measured*";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_in_the_line_of_totals() {
        assert_eq!(total_in("events: Ir\nfn=(1) main\n1 5\ntotals: 1234\n"), Some(1234));
        assert_eq!(total_in("events: Ir\n"), None);
        assert_eq!(total_in("totals: 0\n"), None);
        assert_eq!(total_in("totals: many\n"), None);
    }
}
