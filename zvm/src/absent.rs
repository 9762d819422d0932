//! The other side: programs of a connection run without a store, all others without a session.

mod sorted;

use crate::{
    Bits, CommandFilter, CommandView, CompilePurpose, Draws, Expiry, ItemView, Items, Key, Lease,
    Moments, Multi, OrderedSets, OutOfMemory, Question, ReplyMode, ReplySink, ScanFilter, Scanned,
    Session, SessionField, SessionSetting, SourceForm, Store, Text,
};
use databox::{Bitmap, BitsView, Kind, Order, Ordered, Set, decimal};

/// A store for programs that the verifier has proved to touch none: it is empty, and refuses
/// writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoStore;

/// A session for programs that the verifier has proved to touch none: it knows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSession;

impl OrderedSets for NoStore {
    fn ordered_add(&mut self, _: Key<'_>, _: &[u8], _: Order) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn ordered_find(&mut self, _: Key<'_>, _: &[u8]) -> Result<u64, u64> {
        Err(0)
    }

    fn ordered_get(&mut self, _: Key<'_>, _: u64) -> Option<Text<'_>> {
        None
    }

    fn put_ordered(&mut self, _: Key<'_>, _: Ordered) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn discard_ordered(&mut self, _: Ordered) {}
}

impl Moments for NoStore {
    fn map_update(&mut self, _: Key<'_>, _: &[u8], _: &[u8]) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn map_expiry(&mut self, _: Key<'_>, _: &[u8]) -> Option<Option<u64>> {
        None
    }

    fn map_expire(&mut self, _: Key<'_>, _: &[u8], _: Option<u64>) -> Result<bool, OutOfMemory> {
        Ok(false)
    }
}

impl Draws for NoStore {
    fn random(&mut self) -> u64 {
        0
    }

    fn set_draw(&mut self, _: Key<'_>, _: &mut dyn FnMut(Text<'_>)) -> bool {
        false
    }

    fn map_draw(&mut self, _: Key<'_>, _: &mut dyn FnMut(Text<'_>, Text<'_>)) -> bool {
        false
    }
}

impl Store for NoStore {
    fn set_iterate(
        &mut self,
        _: Key<'_>,
        _: u64,
        _: u64,
        _: Option<&[u8]>,
        _: &mut dyn FnMut(Text<'_>),
    ) -> u64 {
        0
    }

    fn list_len(&mut self, _: Key<'_>) -> u64 {
        0
    }

    fn list_get(&mut self, _: Key<'_>, _: u64) -> Option<Text<'_>> {
        None
    }

    fn list_insert(&mut self, _: Key<'_>, _: u64, _: &[u8]) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn list_set(&mut self, _: Key<'_>, _: u64, _: &[u8]) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn list_remove(&mut self, _: Key<'_>, _: u64, _: u64) -> u64 {
        0
    }

    fn list_walk(&mut self, _: Key<'_>, _: u64, _: u64, _: bool, _: &mut dyn FnMut(Text<'_>)) {}

    fn map_len(&mut self, _: Key<'_>) -> u64 {
        0
    }

    fn map_get(&mut self, _: Key<'_>, _: &[u8]) -> Option<Text<'_>> {
        None
    }

    fn map_set(&mut self, _: Key<'_>, _: &[u8], _: &[u8]) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn map_remove(&mut self, _: Key<'_>, _: &[u8]) -> bool {
        false
    }

    fn map_walk(
        &mut self,
        _: Key<'_>,
        _: u64,
        _: u64,
        _: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        0
    }

    fn map_scan(
        &mut self,
        _: Key<'_>,
        _: u64,
        _: u64,
        _: Option<&[u8]>,
        _: &mut dyn FnMut(Text<'_>, Text<'_>),
    ) -> u64 {
        0
    }

    fn now_ms(&self) -> u64 {
        0
    }

    fn hash(&self, _: &[u8]) -> u64 {
        0
    }

    fn kind(&mut self, _: Key<'_>) -> Option<Kind> {
        None
    }

    fn string(&mut self, _: Key<'_>) -> Option<Text<'_>> {
        None
    }

    fn set_string(&mut self, _: Key<'_>, _: Text<'_>, _: Expiry) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn splice_string(&mut self, _: Key<'_>, _: u64, _: &[u8]) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn encoding(&mut self, _: Key<'_>) -> Option<&'static str> {
        None
    }

    fn usage(&mut self, _: Key<'_>) -> Option<u64> {
        None
    }

    fn move_key(&mut self, _: Key<'_>, _: i64) -> Result<Option<bool>, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn random_key(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn database(&self) -> u32 {
        0
    }

    fn dump(&mut self, _: Key<'_>) -> Option<Vec<u8>> {
        None
    }

    fn restore(&mut self, _: Key<'_>, _: &[u8], _: Expiry) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn flags(&mut self, _: Key<'_>) -> u32 {
        0
    }

    fn set_flags(&mut self, _: Key<'_>, _: u32) -> bool {
        false
    }

    fn remove(&mut self, _: Key<'_>) -> bool {
        false
    }

    fn expiry(&mut self, _: Key<'_>) -> Option<Option<u64>> {
        None
    }

    fn set_expiry(&mut self, _: Key<'_>, _: Option<u64>) -> bool {
        false
    }

    fn set_add(&mut self, _: Key<'_>, _: &[u8]) -> Result<bool, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn set_remove(&mut self, _: Key<'_>, _: &[u8]) -> bool {
        false
    }

    fn lend_set(&mut self, _: Key<'_>) -> Option<Set> {
        None
    }

    fn put_set(&mut self, _: Key<'_>, _: Set) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn has_room(&self, _: usize) -> bool {
        false
    }

    fn discard(&mut self, _: Set) {}

    fn use_database(&mut self, _: i64) -> Option<bool> {
        None
    }

    fn copy_key(&mut self, _: Key<'_>, _: Key<'_>) -> Result<bool, OutOfMemory> {
        Ok(false)
    }

    fn rename_key(&mut self, _: Key<'_>, _: Key<'_>) -> Result<bool, OutOfMemory> {
        Ok(false)
    }

    fn swap(&mut self, _: u32, _: u32) {}

    fn set_len(&mut self, _: Key<'_>) -> u64 {
        0
    }

    fn set_contains(&mut self, _: Key<'_>, _: &[u8]) -> bool {
        false
    }

    fn set_scan(&mut self, _: Key<'_>, _: u64, _: u64, _: &mut dyn FnMut(Text<'_>)) -> u64 {
        0
    }

    fn scan(&mut self, _: u64, _: u64, _: ScanFilter<'_>, _: &mut dyn FnMut(Text<'_>)) -> Scanned {
        Scanned { cursor: 0, more: false }
    }

    fn len(&mut self) -> u64 {
        0
    }

    fn flush(&mut self) {}

    fn flush_all(&mut self) {}
}

impl Bits for NoStore {
    fn bits<'s>(&'s mut self, _: Key<'_>, _: &'s mut decimal::Buffer) -> Option<BitsView<'s>> {
        None
    }

    fn pair_of_bits(&mut self, _: [Key<'_>; 2], act: &mut dyn FnMut(BitsView<'_>, BitsView<'_>)) {
        act(BitsView::Bytes(&[]), BitsView::Bytes(&[]));
    }

    fn is_unprepared(&mut self, _: Key<'_>) -> bool {
        false
    }

    fn prepare_bits(&mut self, _: Key<'_>, _: Bitmap) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn set_bit(&mut self, _: Key<'_>, _: u64, _: bool) -> Result<Option<bool>, OutOfMemory> {
        Err(OutOfMemory)
    }

    fn put_bits(&mut self, _: Key<'_>, _: Bitmap) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn discard_bits(&mut self, _: Bitmap) {}
}

impl Items for NoStore {
    fn item(&mut self, _: Key<'_>) -> Option<ItemView<'_>> {
        None
    }

    fn set_item(
        &mut self,
        _: Key<'_>,
        _: Text<'_>,
        _: u32,
        _: Option<u64>,
    ) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn extend_item(&mut self, _: Key<'_>, _: Text<'_>, _: bool) -> Result<(), OutOfMemory> {
        Err(OutOfMemory)
    }

    fn stamp(&mut self, _: Key<'_>) -> Option<(u64, Lease)> {
        None
    }

    fn give_stamp(&mut self, _: Key<'_>, _: Lease) -> Result<Option<u64>, OutOfMemory> {
        Ok(None)
    }

    fn set_lease(&mut self, _: Key<'_>, _: Lease) -> Result<(), OutOfMemory> {
        Ok(())
    }

    fn flush_at(&mut self, _: u64) {}
}

impl Session for NoSession {
    fn get(&self, _: SessionField) -> Text<'_> {
        Text::Bytes(&[])
    }

    fn set(&mut self, _: SessionSetting, _: &[u8]) -> bool {
        false
    }

    fn select(&mut self, _: i64) -> bool {
        false
    }

    fn set_protocol(&mut self, _: i64) -> bool {
        false
    }

    fn authenticate(&mut self, _: &[u8], _: &[u8]) -> bool {
        false
    }

    fn close(&mut self) {}

    fn multi(&mut self, _: Multi) -> bool {
        false
    }

    fn watch(&mut self, _: &[u8]) -> bool {
        false
    }

    fn reset(&mut self) {}

    fn set_replies(&mut self, _: ReplyMode) {}

    fn stop(&mut self) {}

    fn sleep(&mut self, _: f64) {}

    fn add_word(&mut self, _: &[u8]) {}

    fn answer(&mut self, _: Question, sink: &mut dyn ReplySink) {
        sink.nil();
    }

    fn reply_stats(&mut self, _: &[u8], sink: &mut dyn ReplySink) {
        sink.map(0);
    }

    fn reply_command(&mut self, _: &[u8], view: CommandView, sink: &mut dyn ReplySink) -> usize {
        if view == CommandView::Docs {
            return 0;
        }
        sink.nil();
        1
    }

    fn reply_compiled(&mut self, _: &[u8], _: CompilePurpose, sink: &mut dyn ReplySink) {
        sink.array(0);
    }

    fn reply_source(&mut self, _: &[u8], _: SourceForm, sink: &mut dyn ReplySink) {
        sink.nil();
    }

    fn drop_command(&mut self, _: &[u8]) -> bool {
        false
    }

    fn reply_reloaded(&mut self, sink: &mut dyn ReplySink) {
        sink.array(0);
    }

    fn reply_commands(&mut self, _: CommandFilter<'_>, _: CommandView, sink: &mut dyn ReplySink) {
        sink.array(0);
    }
}
