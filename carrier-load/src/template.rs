//! A command with places for keys and values, composed into request bytes without allocation.

mod image;
mod places;
mod window;

use crate::digits::{decimal_len, write_digits};
use crate::keys::KeySpace;
use crate::random::{GOLDEN, mix, scale};
use crate::values::Values;
use crate::verify::{Expect, Quick};
use crate::words::{LineError, Word};
pub(crate) use image::Image;
use places::{Argument, Place};
pub(crate) use window::Window;

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
    /// What `{int}`, `{member}` and `{hex}` follow from.
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
    /// The same, where it can be told without parsing.
    pub(crate) quick: Quick,
    /// How many keys a request draws.
    pub(crate) keys: usize,
    /// Whether a request draws a salt.
    pub(crate) is_salted: bool,
    /// Whether a value is among its arguments.
    pub(crate) writes: bool,
    parts: Vec<Part>,
    /// The request with its places empty, where all have one length and are not long.
    image: Option<Image>,
}

impl Template {
    /// Reads the words of a command.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and where.
    pub(crate) fn parse(
        words: &[Word],
        expect: Option<Expect>,
        world: &World,
    ) -> Result<Self, LineError> {
        let args = places::parse(words)?;
        places::check(world.protocol, words, &args)?;
        let name = words.first().map(|word| word.text.clone()).unwrap_or_default();
        let mut parts = Vec::new();
        match world.protocol {
            Protocol::Resp => compile_resp(&mut parts, &args, world),
            Protocol::Memcached => compile_memcached(&mut parts, &name, &args, world),
        }
        let parts = merged(parts);
        let flat = || args.iter().flatten();
        let expect = expect.unwrap_or_else(|| Expect::of_command(world.protocol, words));
        let keys = flat().filter(|place| place.is_key()).count();
        Ok(Self {
            name,
            quick: Quick::new(&expect, keys, world),
            expect,
            keys,
            is_salted: flat().any(Place::is_salted),
            writes: flat().any(|place| *place == Place::Value),
            image: Image::new(&parts, world),
            parts,
        })
    }

    /// The image of a request, if all are alike but for some places.
    #[inline]
    pub(crate) fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }

    /// Appends one request, or of a long one as much as the window takes from byte `skip` on.
    /// Returns where in the request to go on, or `None` behind its end.
    pub(crate) fn compose(
        &self,
        out: &mut Vec<u8>,
        world: &World,
        fill: Fill<'_>,
        skip: usize,
    ) -> Option<usize> {
        let mut window = Window::new(out, skip, WINDOW_LEN);
        let mut state = State::default();
        for part in &self.parts {
            state.write(&mut window, part, world, fill);
        }
        window.next()
    }
}

/// How far a request has been filled.
#[derive(Debug, Clone, Default)]
struct State {
    next_key: usize,
    last_key: u64,
    salted: u64,
}

impl State {
    fn write(&mut self, window: &mut Window<'_>, part: &Part, world: &World, fill: Fill<'_>) {
        match part {
            Part::Literal(bytes) => window.put(bytes),
            Part::Id(digits) => {
                let key = self.key(fill);
                window.put_with(*digits, |out| write_digits(out, key, *digits));
            }
            Part::Value => {
                let (key, version) = (self.last_key, fill.version);
                let len = world.values.len_of(key, version);
                window.put_part(len, |out, range| {
                    world.values.write_range(out, key, version, range);
                });
            }
            Part::Int(bound) => {
                let number = scale(self.salt(fill.salt), *bound);
                let len = decimal_len(number);
                window.put_with(len, |out| write_digits(out, number, len));
            }
            Part::Member => {
                let number = scale(self.salt(fill.salt), world.members);
                window.put_with(MEMBER_DIGITS, |out| write_digits(out, number, MEMBER_DIGITS));
            }
            Part::Hex(len) => {
                let salt = self.salt(fill.salt);
                window.put_with(*len, |out| {
                    let start = out.len();
                    out.resize(start + len, 0);
                    crate::values::fill_hex(&mut out[start..], salt);
                });
            }
            Part::Counted { mark, parts } => {
                let mut ahead = self.clone();
                let len = parts.iter().map(|part| ahead.len(part, world, fill)).sum::<usize>();
                window.put(mark);
                let digits = decimal_len(len as u64);
                window.put_with(digits, |out| write_digits(out, len as u64, digits));
                window.put(b"\r\n");
                parts.iter().for_each(|part| self.write(window, part, world, fill));
                window.put(b"\r\n");
            }
        }
    }

    /// How many bytes the part will have.
    fn len(&mut self, part: &Part, world: &World, fill: Fill<'_>) -> usize {
        match part {
            Part::Id(_) => {
                self.key(fill);
            }
            Part::Int(bound) => return decimal_len(scale(self.salt(fill.salt), *bound)),
            Part::Member | Part::Hex(_) => self.salted += 1,
            Part::Value => return world.values.len_of(self.last_key, fill.version),
            Part::Literal(_) | Part::Counted { .. } => {}
        }
        part.fixed_len(world).unwrap_or(0)
    }

    #[inline]
    fn key(&mut self, fill: Fill<'_>) -> u64 {
        self.last_key = fill.keys[self.next_key];
        self.next_key += 1;
        self.last_key
    }

    #[inline]
    fn salt(&mut self, salt: u64) -> u64 {
        self.salted += 1;
        mix(salt.wrapping_add(self.salted.wrapping_mul(GOLDEN)))
    }
}

/// A piece of a request.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Literal(Vec<u8>),
    /// The next key's number in so many digits.
    Id(usize),
    /// The value of the last key.
    Value,
    /// A random integer below this.
    Int(u64),
    /// A member's number in digits.
    Member,
    /// So many random hexadecimal digits.
    Hex(usize),
    /// A string whose length is known when it is filled, and must stand before it.
    Counted {
        mark: &'static [u8],
        parts: Vec<Self>,
    },
}

impl Part {
    /// How many bytes it has in every request.
    fn fixed_len(&self, world: &World) -> Option<usize> {
        match self {
            Self::Literal(bytes) => Some(bytes.len()),
            Self::Id(digits) => Some(*digits),
            Self::Value => world.values.fixed_len(),
            Self::Member => Some(MEMBER_DIGITS),
            Self::Hex(len) => Some(*len),
            Self::Int(_) | Self::Counted { .. } => None,
        }
    }
}

fn compile_resp(parts: &mut Vec<Part>, args: &[Argument], world: &World) {
    parts.push(Part::Literal(format!("*{}\r\n", args.len()).into_bytes()));
    for arg in args {
        counted(parts, arg, b"$", world);
    }
}

/// Words of a line, and for the commands that store, the last word as the block behind it.
fn compile_memcached(parts: &mut Vec<Part>, name: &str, args: &[Argument], world: &World) {
    let stores = places::stores(name);
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
}

/// A string behind its length, which is written now if it cannot change.
fn counted(parts: &mut Vec<Part>, arg: &Argument, mark: &'static [u8], world: &World) {
    let mut inner = Vec::new();
    inline(&mut inner, arg, world);
    let Some(len) = inner.iter().map(|part| part.fixed_len(world)).sum::<Option<usize>>() else {
        return parts.push(Part::Counted { mark, parts: merged(inner) });
    };
    parts.push(Part::Literal([mark, format!("{len}\r\n").as_bytes()].concat()));
    parts.append(&mut inner);
    parts.push(Part::Literal(b"\r\n".to_vec()));
}

fn inline(parts: &mut Vec<Part>, arg: &Argument, world: &World) {
    for place in arg {
        match place {
            Place::Text(bytes) => parts.push(Part::Literal(bytes.clone())),
            Place::Key => {
                parts.push(Part::Literal(world.space.prefix.clone()));
                parts.push(Part::Id(world.space.digits));
            }
            Place::Id(width) => parts.push(Part::Id(width.unwrap_or(world.space.digits))),
            Place::Value => parts.push(Part::Value),
            Place::Int(bound) => parts.push(Part::Int(bound.unwrap_or(world.int_bound))),
            Place::Member => {
                parts.push(Part::Literal(MEMBER_PREFIX.to_vec()));
                parts.push(Part::Member);
            }
            Place::Hex(len) => parts.push(Part::Hex(*len)),
            // The numbers of repetitions are text since these were laid out.
            Place::Count(_) => {}
        }
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
/// How much of a long request is composed at once, in bytes.
const WINDOW_LEN: usize = 64 << 10;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::values::Sizes;
    use crate::words::split;

    pub(crate) fn world(protocol: Protocol, sizes: &str) -> World {
        World {
            protocol,
            space: KeySpace { prefix: b"k:".to_vec(), digits: 4, count: 100 },
            values: Values::new(Sizes::parse(sizes).expect("sizes"), 1),
            int_bound: 1000,
            members: 50,
        }
    }

    fn template(world: &World, line: &str) -> Template {
        Template::parse(&split(line).expect("words"), None, world).expect("a command")
    }

    fn compose(world: &World, line: &str, keys: &[u64]) -> String {
        let template = template(world, line);
        assert_eq!(template.keys, keys.len());
        let mut out = Vec::new();
        let fill = Fill { keys, version: 0, salt: 9 };
        assert_eq!(template.compose(&mut out, world, fill, 0), None);
        String::from_utf8(out).expect("text")
    }

    /// What the parts say, whatever the image does.
    fn from_parts(world: &World, template: &Template, fill: Fill<'_>, len: usize) -> Vec<u8> {
        let (mut out, mut skip) = (Vec::new(), Some(0));
        while let Some(from) = skip {
            let mut state = State::default();
            let mut window = Window::new(&mut out, from, len);
            template.parts.iter().for_each(|part| state.write(&mut window, part, world, fill));
            skip = window.next();
        }
        out
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
            assert!(Template::parse(&split(line).expect("words"), None, &world).is_err(), "{line}");
        }
    }

    #[test]
    fn images_and_windows_show_the_same_request() {
        for (protocol, line) in [
            (Protocol::Resp, "GET {key}"),
            (Protocol::Resp, "SET {key} {value} EX 86400"),
            (Protocol::Resp, "HSET hash:{id:8} (field{n:3} {hex:12})*20"),
            (Protocol::Resp, "ZADD z{id} ({int:99} {hex:13})*7"),
            (Protocol::Resp, "SADD {member} {value}{int}{key}x{value}"),
            (Protocol::Memcached, "set {key} 0 0 {value}"),
        ] {
            for sizes in ["5", "40", "hex:9", "int:1000", "uniform:0-30"] {
                let world = world(protocol, sizes);
                let Ok(template) = Template::parse(&split(line).expect("words"), None, &world)
                else {
                    continue;
                };
                let keys = [3, 99][..template.keys].to_vec();
                let fill = Fill { keys: &keys, version: 2, salt: 77 };
                let mut whole = Vec::new();
                template.compose(&mut whole, &world, fill, 0);
                if let Some(image) = template.image() {
                    for times in [1, 2, 3, 64] {
                        let mut images = b"before".to_vec();
                        image.compose(&mut images, &world, std::iter::repeat_n(fill, times));
                        assert_eq!(images[6..], whole.repeat(times), "{line} {sizes}");
                    }
                }
                for len in [1, 2, 7, 64, 1 << 20] {
                    let pieces = from_parts(&world, &template, fill, len);
                    assert_eq!(pieces, whole, "{line} {sizes} by {len}");
                }
            }
        }
    }

    #[test]
    fn long_values_are_composed_in_pieces() {
        let world = world(Protocol::Resp, "200000");
        let template = template(&world, "SET {key} {value}");
        let fill = Fill { keys: &[4], version: 0, salt: 0 };
        let (mut all, mut skip) = (Vec::new(), Some(0));
        while let Some(from) = skip {
            let mut piece = Vec::new();
            skip = template.compose(&mut piece, &world, fill, from);
            assert!(piece.len() <= WINDOW_LEN);
            all.append(&mut piece);
            assert!(skip.is_none_or(|next| next == all.len()));
        }
        let mut value = Vec::new();
        world.values.write(&mut value, 4, 0);
        assert!(all.ends_with(&[&value[..], b"\r\n"].concat()));
        assert_eq!(all.len(), 200_000 + "*3\r\n$3\r\nSET\r\n$6\r\nk:0004\r\n$200000\r\n\r\n".len());
    }
}
