//! A command with places for keys and values, composed into request bytes without allocation.

use crate::keys::{KeySpace, write_digits};
use crate::random::{GOLDEN, mix, scale};
use crate::values::{Values, write_decimal};
use crate::verify::Expect;

/// The language of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Redis'.
    Resp,
    /// memcached's, as text.
    Memcached,
}

/// What fills the places of one request; with the template it determines every byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fill<'a> {
    /// Numbers of keys, one a place.
    pub(crate) keys: &'a [u64],
    /// Version of the values.
    pub(crate) version: u32,
    /// What `{int}` and `{member}` follow from.
    pub(crate) salt: u64,
}

/// What all requests of a run share.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) protocol: Protocol,
    pub(crate) space: KeySpace,
    pub(crate) values: Values,
    /// `{int}` is below this.
    pub(crate) int_bound: u64,
    /// How many members `{member}` draws from.
    pub(crate) members: u64,
}

/// A command of a mix.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The command's first word.
    pub(crate) name: String,
    /// What its reply must be.
    pub(crate) expect: Expect,
    /// How many keys a request draws.
    pub(crate) keys: usize,
    /// Whether a request draws a salt.
    pub(crate) is_salted: bool,
    /// Whether a value is among its arguments.
    pub(crate) writes: bool,
    parts: Vec<Part>,
}

impl Template {
    /// Reads the words of a command. The error says what is wrong with it.
    pub(crate) fn parse(
        words: &[String],
        expect: Option<Expect>,
        world: &World,
    ) -> Result<Self, &'static str> {
        let mut args = Vec::with_capacity(words.len());
        for word in words {
            args.push(places(word)?);
        }
        let flat = || args.iter().flatten();
        let keys = flat().filter(|place| matches!(place, Place::Key | Place::Id)).count();
        let value = flat().position(|place| matches!(place, Place::Value));
        let key = flat().position(|place| matches!(place, Place::Key | Place::Id));
        if value.is_some_and(|value| key.is_none_or(|key| value < key)) {
            return Err("a {key} or {id} before {value}: values follow from their key");
        }
        let Some(name) = words.first().filter(|name| !name.contains('{')) else {
            return Err("the name of a command");
        };
        let mut parts = Vec::new();
        match world.protocol {
            Protocol::Resp => compile_resp(&mut parts, &args, world),
            Protocol::Memcached => compile_memcached(&mut parts, name, &args, world)?,
        }
        let inferred = || Expect::of_command(world.protocol, words);
        Ok(Self {
            name: name.clone(),
            expect: expect.unwrap_or_else(inferred),
            keys,
            is_salted: flat().any(|place| matches!(place, Place::Int | Place::Member)),
            writes: value.is_some(),
            parts: merged(parts),
        })
    }

    /// Appends one request.
    #[inline]
    pub(crate) fn compose(
        &self,
        out: &mut Vec<u8>,
        scratch: &mut Vec<u8>,
        world: &World,
        fill: Fill<'_>,
    ) {
        let mut state = State { next_key: 0, last_key: 0, salted: 0 };
        for part in &self.parts {
            if let Part::Counted { parts, mark } = part {
                scratch.clear();
                parts.iter().for_each(|part| state.write(scratch, part, world, fill));
                out.extend_from_slice(mark);
                write_decimal(out, scratch.len() as u64);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(scratch);
                out.extend_from_slice(b"\r\n");
            } else {
                state.write(out, part, world, fill);
            }
        }
    }
}

/// How far a request has been filled.
struct State {
    next_key: usize,
    last_key: u64,
    salted: u64,
}

impl State {
    #[inline]
    fn write(&mut self, out: &mut Vec<u8>, part: &Part, world: &World, fill: Fill<'_>) {
        match part {
            Part::Literal(bytes) => out.extend_from_slice(bytes),
            Part::Id => {
                self.last_key = fill.keys[self.next_key];
                self.next_key += 1;
                write_digits(out, self.last_key, world.space.digits);
            }
            Part::Value => world.values.write(out, self.last_key, fill.version),
            Part::Int => write_decimal(out, self.salt(fill.salt, world.int_bound)),
            Part::Member => {
                write_digits(out, self.salt(fill.salt, world.members), MEMBER_DIGITS);
            }
            Part::Counted { parts, .. } => {
                parts.iter().for_each(|part| self.write(out, part, world, fill));
            }
        }
    }

    fn salt(&mut self, salt: u64, bound: u64) -> u64 {
        self.salted += 1;
        scale(mix(salt.wrapping_add(self.salted.wrapping_mul(GOLDEN))), bound)
    }
}

/// A piece of a request.
#[derive(Debug, Clone)]
enum Part {
    Literal(Vec<u8>),
    /// The next key's number in digits.
    Id,
    /// The value of the last key.
    Value,
    Int,
    /// A member's number in digits.
    Member,
    /// A string whose length is known when it is filled, and must stand before it.
    Counted {
        mark: &'static [u8],
        parts: Vec<Self>,
    },
}

/// A piece of an argument as it is written in a mix.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Text(Vec<u8>),
    Key,
    Id,
    Value,
    Int,
    Member,
}

fn places(word: &str) -> Result<Vec<Place>, &'static str> {
    let mut found = Vec::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err("a `}` after `{`");
        };
        if !before.is_empty() {
            found.push(Place::Text(before.as_bytes().to_vec()));
        }
        found.push(match name {
            "key" => Place::Key,
            "id" => Place::Id,
            "value" => Place::Value,
            "int" => Place::Int,
            "member" => Place::Member,
            _ => return Err("one of {key} {id} {value} {int} {member}"),
        });
        rest = after;
    }
    if !rest.is_empty() || found.is_empty() {
        found.push(Place::Text(rest.as_bytes().to_vec()));
    }
    Ok(found)
}

fn compile_resp(parts: &mut Vec<Part>, args: &[Vec<Place>], world: &World) {
    parts.push(Part::Literal(format!("*{}\r\n", args.len()).into_bytes()));
    for arg in args {
        counted(parts, arg, b"$", world);
    }
}

/// Words of a line, and for the commands that store, the last word as the block behind it.
fn compile_memcached(
    parts: &mut Vec<Part>,
    name: &str,
    args: &[Vec<Place>],
    world: &World,
) -> Result<(), &'static str> {
    let stores = ["set", "add", "replace", "append", "prepend"].contains(&name);
    if stores && args.len() != 5 {
        return Err("KEY FLAGS EXPTIME DATA after a storage command");
    }
    let line = &args[..args.len() - usize::from(stores)];
    for (index, arg) in line.iter().enumerate() {
        if index > 0 {
            parts.push(Part::Literal(b" ".to_vec()));
        }
        inline(parts, arg, world);
    }
    match args.last().filter(|_| stores) {
        Some(data) => {
            parts.push(Part::Literal(b" ".to_vec()));
            counted(parts, data, b"", world);
        }
        None => parts.push(Part::Literal(b"\r\n".to_vec())),
    }
    Ok(())
}

/// A string behind its length, which is written now if it cannot change.
fn counted(parts: &mut Vec<Part>, arg: &[Place], mark: &'static [u8], world: &World) {
    let mut inner = Vec::new();
    inline(&mut inner, arg, world);
    let Some(len) = arg.iter().map(|place| fixed_len(place, world)).sum::<Option<usize>>() else {
        return parts.push(Part::Counted { mark, parts: merged(inner) });
    };
    parts.push(Part::Literal([mark, format!("{len}\r\n").as_bytes()].concat()));
    parts.append(&mut inner);
    parts.push(Part::Literal(b"\r\n".to_vec()));
}

fn inline(parts: &mut Vec<Part>, arg: &[Place], world: &World) {
    for place in arg {
        match place {
            Place::Text(bytes) => parts.push(Part::Literal(bytes.clone())),
            Place::Key => {
                parts.push(Part::Literal(world.space.prefix.clone()));
                parts.push(Part::Id);
            }
            Place::Id => parts.push(Part::Id),
            Place::Value => parts.push(Part::Value),
            Place::Int => parts.push(Part::Int),
            Place::Member => {
                parts.push(Part::Literal(MEMBER_PREFIX.to_vec()));
                parts.push(Part::Member);
            }
        }
    }
}

fn fixed_len(place: &Place, world: &World) -> Option<usize> {
    match place {
        Place::Text(bytes) => Some(bytes.len()),
        Place::Key => Some(world.space.key_len()),
        Place::Id => Some(world.space.digits),
        Place::Value => world.values.fixed_len(),
        Place::Int => None,
        Place::Member => Some(MEMBER_PREFIX.len() + MEMBER_DIGITS),
    }
}

/// The same parts with literals that touch made one.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Literal(before)), Part::Literal(bytes)) => {
                before.extend_from_slice(&bytes);
            }
            (_, part) => out.push(part),
        }
    }
    out
}

/// A member is 12 bytes, as in the table of memory targets.
const MEMBER_PREFIX: &[u8] = b"m:";
const MEMBER_DIGITS: usize = 10;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::values::Sizes;

    pub(crate) fn world(protocol: Protocol, sizes: &str) -> World {
        World {
            protocol,
            space: KeySpace { prefix: b"k:".to_vec(), digits: 4, count: 100 },
            values: Values::new(Sizes::parse(sizes).expect("sizes"), 1),
            int_bound: 1000,
            members: 50,
        }
    }

    fn compose(world: &World, line: &str, keys: &[u64]) -> String {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let template = Template::parse(&words, None, world).expect("a command");
        assert_eq!(template.keys, keys.len());
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        let fill = Fill { keys, version: 0, salt: 9 };
        template.compose(&mut out, &mut scratch, world, fill);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn requests_of_resp() {
        let world = world(Protocol::Resp, "5");
        assert_eq!(compose(&world, "GET {key}", &[7]), "*2\r\n$3\r\nGET\r\n$6\r\nk:0007\r\n");
        let mut value = Vec::new();
        world.values.write(&mut value, 12, 0);
        let value = String::from_utf8(value).expect("text");
        let request = compose(&world, "SADD set:{id} {value}", &[12]);
        assert_eq!(request, format!("*3\r\n$4\r\nSADD\r\n$8\r\nset:0012\r\n$5\r\n{value}\r\n"));
        let request = compose(&world, "MGET {key} {key}", &[1, 2]);
        assert_eq!(request, "*3\r\n$4\r\nMGET\r\n$6\r\nk:0001\r\n$6\r\nk:0002\r\n");
    }

    #[test]
    fn lengths_that_vary_stand_before_their_strings() {
        let world = world(Protocol::Resp, "uniform:0-20");
        for key in 0..30 {
            let request = compose(&world, "ZADD z{id} {int} a{value}{id} {member}", &[key, 5]);
            let mut parser = drp_parser::RequestParser::new(drp_parser::Limits::default());
            let mut args = Vec::new();
            let status = parser.parse(request.as_bytes(), &mut args);
            assert!(
                matches!(status, Ok(drp_parser::Status::Complete { consumed, .. })
                if consumed == request.len()),
                "{request}"
            );
        }
    }

    #[test]
    fn requests_of_memcached() {
        let world = world(Protocol::Memcached, "uniform:3-3");
        assert_eq!(compose(&world, "get {key} {key}", &[1, 2]), "get k:0001 k:0002\r\n");
        let mut value = Vec::new();
        world.values.write(&mut value, 3, 0);
        let value = String::from_utf8(value).expect("text");
        let request = compose(&world, "set {key} 0 0 {value}", &[3]);
        assert_eq!(request, format!("set k:0003 0 0 3\r\n{value}\r\n"));
    }

    #[test]
    fn commands_that_make_no_sense_are_refused() {
        let world = world(Protocol::Memcached, "5");
        for line in ["get {ky}", "get {key", "set {value} 0 0 {key}", "set {key} 0 0", "{key}"] {
            let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert!(Template::parse(&words, None, &world).is_err(), "{line}");
        }
    }
}
