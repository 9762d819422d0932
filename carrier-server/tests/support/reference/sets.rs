//! Sets.

use std::collections::BTreeSet;

use super::super::reply::{Expected, Reply, ReplyExt as _};
use super::{Answer, Data, Expiry, Reference, WRONG_TYPE};

impl Reference {
    pub(super) fn sadd(&mut self, database: usize, key: &[u8], members: &[&[u8]]) -> Answer {
        let (mut set, expiry) = self.members(database, key)?;
        let before = set.len();
        set.extend(members.iter().map(|member| member.to_vec()));
        let added = set.len() - before;
        self.put(database, key, Data::Members(set), expiry);
        Ok(Reply::Integer(added as i64))
    }

    pub(super) fn srem(&mut self, database: usize, key: &[u8], members: &[&[u8]]) -> Answer {
        let (mut set, expiry) = self.members(database, key)?;
        let removed = members.iter().filter(|member| set.remove(**member)).count();
        if set.is_empty() {
            self.remove(database, key);
        } else {
            self.put(database, key, Data::Members(set), expiry);
        }
        Ok(Reply::Integer(removed as i64))
    }

    pub(super) fn scard(&self, database: usize, key: &[u8]) -> Answer {
        Ok(Reply::Integer(self.members(database, key)?.0.len() as i64))
    }

    pub(super) fn sismember(&self, database: usize, key: &[u8], member: &[u8]) -> Answer {
        Ok(Reply::Integer(i64::from(self.members(database, key)?.0.contains(member))))
    }

    pub(super) fn smembers(&self, database: usize, key: &[u8]) -> Expected {
        match self.members(database, key) {
            Ok((set, _)) => {
                Expected::Unordered(Reply::Set(set.into_iter().map(Reply::Bulk).collect()))
            }
            Err(text) => Expected::Exactly(Reply::error(&text)),
        }
    }

    /// The members of a set and its expiry; none of a key that is not there.
    fn members(&self, database: usize, key: &[u8]) -> Result<(BTreeSet<Vec<u8>>, Expiry), String> {
        match self.entry(database, key) {
            None => Ok((BTreeSet::new(), Expiry::Never)),
            Some(entry) => match &entry.data {
                Data::Members(set) => Ok((set.clone(), entry.expiry)),
                Data::Text(_) => Err(WRONG_TYPE.to_owned()),
            },
        }
    }
}
