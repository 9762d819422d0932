//! How much memory the data may take, and what happens beyond it.

use kvstore::Policy;
use std::fs;
use std::path::Path;

/// The memory of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Memory {
    /// The budget of all shards together, in bytes; `None`: what the control group of the process
    /// leaves, or no limit.
    pub soft_stay_under: Option<u64>,
    /// Regions of 256 KiB that each shard has a thread put memory under ahead of its writes, which
    /// the process then takes; with 0, as if nothing is said, the thread that writes waits for the
    /// system as it comes to them.
    pub precache_multiplier: usize,
    /// What happens when the budget is used up.
    pub policy: Policy,
}

impl Default for Memory {
    fn default() -> Self {
        Self { soft_stay_under: None, precache_multiplier: 0, policy: Policy::Refuse }
    }
}

impl Memory {
    /// The budget that holds, if there is one.
    pub(crate) fn budget_bytes(&self) -> Option<u64> {
        self.soft_stay_under.or_else(|| Some(group_limit()? / PARTS * (PARTS - 1)))
    }

    /// The policy under the name that Redis has for one like it.
    pub(crate) const fn redis_policy(&self) -> &'static str {
        match self.policy {
            Policy::Snlru { .. } => "allkeys-lru",
            Policy::RandomMemory => "allkeys-lfu",
            Policy::Random => "allkeys-random",
            _ => "noeviction",
        }
    }
}

/// The memory that the control group of this process may take; `None` where it has no limit.
fn group_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    limit_in(Path::new("/sys/fs/cgroup"), &groups)
}

/// The limit of the group that the lines of `/proc/self/cgroup` name, below `root`.
fn limit_in(root: &Path, groups: &str) -> Option<u64> {
    groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
        let (top, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            "memory" => (root.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        // A process in a container may see its own group as the top.
        let text = fs::read_to_string(top.join(path).join(file))
            .or_else(|_| fs::read_to_string(top.join(file)))
            .ok()?;
        text.trim().parse().ok().filter(|&bytes| bytes < UNLIMITED)
    })
}

/// Of a group's limit, one part in so many is left to what is no data.
const PARTS: u64 = 8;

/// A group without a limit has one beyond all memory.
const UNLIMITED: u64 = 1 << 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_group_s_own() {
        let root = std::env::temp_dir().join(format!("carrier-groups-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/b/memory.max", "536870912\n");
        write("a/c/memory.max", "max\n");
        write("memory/d/memory.limit_in_bytes", "1048576\n");
        write("memory/e/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(limit_in(&root, "0::/a/b\n"), Some(536_870_912));
        assert_eq!(limit_in(&root, "0::/a/c\n"), None);
        assert_eq!(limit_in(&root, "3:cpuset:/\n4:memory:/d\n0::/\n"), Some(1 << 20));
        assert_eq!(limit_in(&root, "4:memory:/e\n0::/\n"), None);
        assert_eq!(limit_in(&root, "nothing\n"), None);
        fs::remove_dir_all(&root).unwrap();
    }
}
