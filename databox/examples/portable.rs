//! Builds values of several kinds, writes them in the portable form and reads them back.
#![allow(clippy::print_stdout, reason = "printing is what this example is for")]

use databox::{Databox, DecodeError, DecodeOptions, Set};

fn main() -> Result<(), DecodeError> {
    let mut set = Set::new(0x5eed);
    for member in ["3", "1", "2", "apple"] {
        set.add(member.as_bytes());
    }
    let values = [
        Databox::NIL,
        Databox::from(true),
        Databox::from(70_000),
        Databox::from(1.5),
        Databox::from("short"),
        Databox::from("longer than what fits in the value"),
        Databox::from(set),
    ];
    let options = DecodeOptions { bytes_max: 1 << 20, members_max: 1 << 20, seed: 0x5eed };
    for value in values {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        let again = Databox::decode(&bytes, &options)?;
        assert_eq!(again, value);
        println!("{:>3} bytes, {:>3} on the heap: {value:?}", bytes.len(), value.heap_bytes());
    }
    Ok(())
}
