//! What can be counted.

use crate::counts::callgrind::Callgrind;
use crate::counts::server::ServerPath;
use crate::error::Error;

/// A path with a name.
#[derive(Debug)]
pub(super) struct Subject {
    /// As on the command line and in the record.
    pub(super) name: String,
    /// What its instructions are divided by.
    pub(super) unit: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A path of `carrier-counts`.
    Alone {
        /// Whether a second run says what to take off.
        less: bool,
    },
    /// The whole server.
    Server(ServerPath),
}

impl Subject {
    /// Those of `carrier-counts` as it lists them, then those of the server.
    pub(super) fn all(callgrind: &Callgrind) -> Result<Vec<Self>, Error> {
        let listed = callgrind.ask(&["list"])?;
        let alone = listed.lines().filter_map(Self::listed);
        let server = ServerPath::ALL.iter().map(|path| Self {
            name: path.name.to_owned(),
            unit: path.unit.to_owned(),
            kind: Kind::Server(*path),
        });
        Ok(alone.chain(server).collect())
    }

    /// Instructions per unit.
    pub(super) fn count(&self, callgrind: &Callgrind) -> Result<f64, Error> {
        match &self.kind {
            Kind::Alone { less: false } => callgrind.count(&["run", &self.name]),
            Kind::Alone { less: true } => {
                let whole = callgrind.count(&["run", &self.name])?;
                Ok(whole - callgrind.count(&["without", &self.name])?)
            }
            Kind::Server(path) => path.count(callgrind),
        }
    }

    fn listed(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let (name, kind, unit) = (fields.next()?, fields.next()?, fields.next()?);
        let kind = Kind::Alone { less: kind == "less" };
        Some(Self { name: name.to_owned(), unit: unit.to_owned(), kind })
    }

    /// A subject that only has a name and a unit.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        let (name, unit) = (name.to_owned(), "unit".to_owned());
        Self { name, unit, kind: Kind::Alone { less: false } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_list_is_name_kind_and_unit() {
        let subject = Subject::listed("program-get\tless\tGET beyond its store").expect("a path");
        assert_eq!(subject.name, "program-get");
        assert_eq!(subject.unit, "GET beyond its store");
        assert!(matches!(subject.kind, Kind::Alone { less: true }));
        assert!(Subject::listed("program-get").is_none());
    }
}
