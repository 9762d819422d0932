//! The namespaces of a shard, by their numbers.

use crate::space::Space;

/// Directories in ascending order of their namespaces. Mostly there is one, of namespace 0.
#[derive(Debug, Default)]
pub(crate) struct Spaces(Vec<(u32, Box<Space>)>);

impl Spaces {
    /// Where the directory of a namespace stands, good until one is added or removed.
    #[inline]
    pub(crate) fn find(&self, id: u32) -> Option<usize> {
        match self.0.first() {
            Some((first, _)) if *first == id => Some(0),
            _ => self.search(id).ok(),
        }
    }

    #[inline]
    pub(crate) fn at(&self, index: usize) -> &Space {
        &self.0[index].1
    }

    #[inline]
    pub(crate) fn at_mut(&mut self, index: usize) -> &mut Space {
        &mut self.0[index].1
    }

    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Space> {
        self.find(id).map(|index| self.at(index))
    }

    pub(crate) fn insert(&mut self, id: u32, space: Box<Space>) {
        match self.search(id) {
            Ok(index) => self.0[index].1 = space,
            Err(index) => self.0.insert(index, (id, space)),
        }
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Box<Space>> {
        self.search(id).ok().map(|index| self.0.remove(index).1)
    }

    /// The first namespace from `id` on.
    pub(crate) fn next(&self, id: u32) -> Option<u32> {
        let index = self.search(id).unwrap_or_else(|index| index);
        self.0.get(index).map(|(id, _)| *id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Space)> {
        self.0.iter().map(|(id, space)| (*id, &**space))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Space> {
        self.0.iter_mut().map(|(_, space)| &mut **space)
    }

    /// Takes all of them out.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Box<Space>> + use<> {
        core::mem::take(&mut self.0).into_iter().map(|(_, space)| space)
    }

    fn search(&self, id: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |(own, _)| *own)
    }
}
