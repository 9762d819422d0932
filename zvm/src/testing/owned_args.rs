//! Arguments that own their bytes.

use crate::{ArgRange, Args, Frame};

/// The arguments of a request, from a list.
#[derive(Debug, Clone, Default)]
pub struct OwnedArgs {
    buffer: Vec<u8>,
    ranges: Vec<ArgRange>,
}

impl OwnedArgs {
    /// These arguments, one behind the other.
    ///
    /// # Panics
    ///
    /// They are longer than 4 GiB together.
    #[must_use]
    pub fn new<T: AsRef<[u8]>>(args: &[T]) -> Self {
        let mut owned = Self::default();
        for arg in args {
            let range = |len: usize| u32::try_from(len).expect("arguments fit 4 GiB");
            let (start, len) = (range(owned.buffer.len()), range(arg.as_ref().len()));
            owned.buffer.extend_from_slice(arg.as_ref());
            owned.ranges.push(ArgRange { start, len });
        }
        owned
    }

    /// The arguments as a program sees them.
    #[must_use]
    pub fn args(&self) -> Args<'_> {
        Args::new(&self.buffer, &self.ranges)
    }

    /// A request of these arguments that nobody has routed, to be run to its end.
    #[must_use]
    pub fn frame(&self) -> Frame<'_> {
        Frame::new(self.args())
    }
}
