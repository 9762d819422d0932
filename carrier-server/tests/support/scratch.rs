//! Files that go with the test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A file that goes with the test, in a place whose name is short enough for a socket.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Scratch {
    /// A path at which nothing is.
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("carrier-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("the temporary directory is writable");
        Self { path: directory.join(name) }
    }

    /// A file with this content.
    pub(crate) fn with(name: &str, content: &str) -> Self {
        let scratch = Self::new(name);
        std::fs::write(&scratch.path, content).expect("the directory is ours");
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(directory) = self.path.parent() {
            // What cannot be removed is left to the system.
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}
