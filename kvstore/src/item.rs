//! What a key holds, and what a write says about it.

use databox::{
    Bitmap, BitsView, Databox, Kind, ListView, MapView, SetView, SmallList, SmallMap, SmallSet,
    SmallSorted, SortedView, Text, decimal,
};
use packed_map::{Arena, Entry, Extras, Value};

/// What a key holds, borrowed until the shard is next asked.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a>(Entry<'a, Databox, Arena>);

impl<'a> Item<'a> {
    #[inline]
    pub(crate) fn new(entry: Entry<'a, Databox, Arena>) -> Self {
        Self(entry)
    }

    /// The kind of the value.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.0.value() {
            Value::Boxed(value) => value.kind(),
            Value::Packed(bytes) => Kind::of_packed(bytes).unwrap_or(Kind::String),
            _ => Kind::String,
        }
    }

    /// The string, if the value is one that stands in one piece; one of which the bits are written
    /// does not, and [`bits`](Self::bits) reads it.
    #[inline]
    #[must_use]
    pub fn string(&self) -> Option<Text<'a>> {
        match self.0.value() {
            Value::Bytes(bytes) => Some(Text::Bytes(bytes)),
            Value::Integer(number) => Some(Text::Integer(number)),
            Value::Packed(_) => None,
            Value::Boxed(value) => value.text(),
        }
    }

    /// The bits of the string, if the value is one: `digits` is for those of an integer.
    #[must_use]
    pub fn bits<'b>(&self, digits: &'b mut decimal::Buffer) -> Option<BitsView<'b>>
    where
        'a: 'b,
    {
        match self.0.value() {
            Value::Boxed(value) => value.bits(),
            _ => self.string().map(|text| BitsView::Bytes(text.bytes(digits))),
        }
    }

    /// The bitmap that the value is, if it is one.
    #[must_use]
    pub fn bitmap(&self) -> Option<&'a Bitmap> {
        match self.0.value() {
            Value::Boxed(value) => value.as_bitmap(),
            _ => None,
        }
    }

    /// The set, if the value is one.
    #[must_use]
    pub fn set(&self) -> Option<SetView<'a>> {
        match self.0.value() {
            Value::Packed(bytes) if self.kind() == Kind::Set => {
                Some(SetView::Small(SmallSet::new(bytes)))
            }
            Value::Boxed(value) => value.as_set().map(SetView::Set),
            _ => None,
        }
    }

    /// The list, if the value is one.
    #[must_use]
    pub fn list(&self) -> Option<ListView<'a>> {
        match self.0.value() {
            Value::Packed(bytes) if self.kind() == Kind::List => {
                Some(ListView::Small(SmallList::new(bytes)))
            }
            Value::Boxed(value) => value.as_list().map(ListView::List),
            _ => None,
        }
    }

    /// The map, if the value is one, with all its names, whether they have expired or not.
    #[must_use]
    pub fn map(&self) -> Option<MapView<'a>> {
        match self.0.value() {
            Value::Packed(bytes) if self.kind() == Kind::Map => {
                Some(MapView::Small(SmallMap::new(bytes)))
            }
            Value::Boxed(value) => value.as_map().map(|map| MapView::Map(map, 0)),
            _ => None,
        }
    }

    /// The sorted set, if the value is one.
    #[must_use]
    pub fn sorted(&self) -> Option<SortedView<'a>> {
        match self.0.value() {
            Value::Packed(bytes) if self.kind() == Kind::Sorted => {
                Some(SortedView::Small(SmallSorted::new(bytes)))
            }
            Value::Boxed(value) => value.as_sorted().map(SortedView::Set),
            _ => None,
        }
    }

    /// The bytes of a container in its packed form.
    pub(crate) fn packed(&self) -> Option<&'a [u8]> {
        match self.0.value() {
            Value::Packed(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The value, where it is one that stands outside the page.
    #[inline]
    pub(crate) fn boxed(&self) -> Option<&'a Databox> {
        match self.0.value() {
            Value::Boxed(value) => Some(value),
            _ => None,
        }
    }

    /// When the key expires, in milliseconds on the caller's clock; `None` where it does not.
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<u64> {
        self.0.expires_at_ms()
    }

    /// The bytes that the key and its value take, in their page, in blocks and on their own.
    ///
    /// What keys share is no key's: the head of a page and the room at its end, the directory, and
    /// slots of values that are free. A key that is removed may leave its room to its page, or its
    /// slot to the next long value; with the last keys both go.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        let owned = match self.0.value() {
            Value::Boxed(value) => value.heap_bytes(),
            _ => 0,
        };
        self.0.used_bytes() + owned
    }

    /// The value in the portable form of databox.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self.0.value() {
            Value::Boxed(value) => value.encode(out),
            Value::Packed(bytes) => Databox::from_packed(bytes, 0).encode(out),
            Value::Bytes(bytes) => Databox::from(bytes).encode(out),
            Value::Integer(number) => Databox::from(number).encode(out),
        }
    }

    /// What stands beside the value.
    pub(crate) fn extras(&self) -> Extras {
        self.0.extras()
    }

    /// The string, if the map keeps it itself.
    pub(crate) fn short_text(&self) -> Option<Text<'a>> {
        match self.0.value() {
            Value::Boxed(_) => None,
            _ => self.string(),
        }
    }

    /// The most bytes that a splice of `len` bytes from `at` on can add to what the value owns;
    /// `None` where it is no string of its own.
    pub(crate) fn splice_growth_max(&self, at: usize, len: usize) -> Option<usize> {
        match self.0.value() {
            Value::Boxed(value) => Some(value.splice_growth_max(at, len)),
            _ => None,
        }
    }

    /// The flags that the value was written with; 0 where none were given.
    #[must_use]
    pub fn flags(&self) -> u32 {
        self.0.extras().flags
    }

    /// The stamp of the value; 0 where it has none.
    #[must_use]
    pub fn stamp(&self) -> u64 {
        self.0.extras().cas
    }
}

/// What a write does to the moment at which its key expires.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Expiry {
    /// The key does not expire.
    #[default]
    Never,
    /// The key expires at this moment, in milliseconds on the caller's clock. One that has passed
    /// removes the key.
    At(u64),
    /// The key expires when it did before, and its flags stay; a new key does not expire.
    Keep,
}

/// What is written beside a string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// When the key expires.
    pub expiry: Expiry,
    /// Any number, kept for the caller (memcached's flags). [`Expiry::Keep`] keeps what is there.
    pub flags: u32,
}
