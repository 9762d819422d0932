//! The packages of the workspace, as `cargo metadata` tells them.

use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::Error;
use crate::tool::Tool;

/// A cargo workspace: where it lies, where it builds, and what it holds.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// The folder of the top manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// The folder builds go to.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// The member packages.
    pub(crate) packages: Vec<Package>,
}

impl Workspace {
    /// Reads the workspace that this program was built from.
    pub(crate) fn load() -> Result<Self, Error> {
        Self::load_manifest(&root().join("Cargo.toml"))
    }

    /// Reads the workspace of another manifest, such as the fuzz crate's.
    pub(crate) fn load_manifest(manifest: &Path) -> Result<Self, Error> {
        let json = Tool::cargo(root())
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(manifest)
            .output()?;
        serde_json::from_str(&json).map_err(Error::Metadata)
    }

    /// A `cargo` that runs at the root of this workspace.
    pub(crate) fn cargo(&self) -> Tool {
        Tool::cargo(&self.root)
    }
}

/// One package of a workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// The name it is published under.
    pub(crate) name: String,
    /// The path of its manifest.
    pub(crate) manifest_path: PathBuf,
    /// What it depends on, development and build dependencies included.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its libraries, binaries, tests and benchmarks.
    pub(crate) targets: Vec<Target>,
    /// The registries it may go to; none where the list is empty.
    publish: Option<Vec<String>>,
}

impl Package {
    /// The folder of the package.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// The name of that folder: how the project speaks of the crate.
    pub(crate) fn folder_name(&self) -> &str {
        self.folder().file_name().and_then(|name| name.to_str()).unwrap_or(&self.name)
    }

    /// Whether the package may be published.
    pub(crate) fn is_publishable(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }
}

/// One line of a package's dependency tables.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The folder it lies in, for a dependency that is given by path.
    pub(crate) path: Option<PathBuf>,
}

/// Something that cargo can build in a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: String,
    /// `lib`, `bin`, `test`, `bench`, ...
    kind: Vec<String>,
}

impl Target {
    /// Whether the target is of this kind.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|own| own == kind)
    }
}

/// The folder above this package's own.
///
/// `cargo run` sets the variable anew, so a binary that was built before the tree moved still finds
/// the tree it is run in.
fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.parent().unwrap_or(&package).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_holds_this_package_and_does_not_publish_it() {
        let workspace = Workspace::load().expect("cargo metadata");
        let own = workspace.packages.iter().find(|package| package.name == "xtask");
        let own = own.expect("xtask is a member");
        assert_eq!(own.folder(), workspace.root.join("xtask"));
        assert_eq!(own.folder_name(), "xtask");
        assert!(!own.is_publishable());
        assert!(own.targets.iter().any(|target| target.is("bin")));
    }
}
