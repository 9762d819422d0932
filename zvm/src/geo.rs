//! Places on the earth as scores: 26 bits of longitude and 26 of latitude in turn, so that places
//! that are near each other mostly have scores that are.
//!
//! Replies have to be Redis' to the digit, and in its order where none is asked for, so the
//! arithmetic is Redis' own: its ranges, its radius of the earth, its cells and their order.

use core::f64::consts::PI;

/// A place: degrees of longitude and of latitude.
pub(crate) type Place = (f64, f64);

/// What is searched for around a place, in meters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Box { width: f64, height: f64 },
}

/// A cell: how many bits each of its coordinates has, and these bits in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    bits: u64,
    step: u32,
}

/// The least and the greatest coordinates of a cell.
#[derive(Debug, Clone, Copy)]
struct Area {
    west: f64,
    east: f64,
    south: f64,
    north: f64,
}

/// Whether a place can be told by a score.
pub(crate) fn is_valid((longitude, latitude): Place) -> bool {
    LONGITUDE.contains(longitude) && LATITUDE.contains(latitude)
}

/// The score of a valid place.
pub(crate) fn score(place: Place) -> f64 {
    Cell::at(place, STEP_MAX, LATITUDE).bits as f64
}

/// The place that a score tells, to within half a meter.
pub(crate) fn place(score: f64) -> Place {
    let area = Cell { bits: score as u64, step: STEP_MAX }.area();
    let longitude = f64::midpoint(area.west, area.east);
    let latitude = f64::midpoint(area.south, area.north);
    (LONGITUDE.clamp(longitude), LATITUDE.clamp(latitude))
}

/// The eleven letters of the public geohash of a place; the last one says nothing.
pub(crate) fn hash(score: f64) -> [u8; 11] {
    let bits = Cell::at(place(score), STEP_MAX, Range { low: -90.0, high: 90.0 }).bits;
    core::array::from_fn(|index| {
        let five = if index == 10 { 0 } else { bits >> (52 - (index + 1) * 5) & 31 };
        ALPHABET[five as usize]
    })
}

/// The distance of two places in meters, on a sphere.
pub(crate) fn distance((longitude, latitude): Place, (other, other_latitude): Place) -> f64 {
    let v = ((other * RADIANS - longitude * RADIANS) / 2.0).sin();
    if v == 0.0 {
        return latitude_distance(latitude, other_latitude);
    }
    let (one, two) = (latitude * RADIANS, other_latitude * RADIANS);
    let u = ((two - one) / 2.0).sin();
    let a = u * u + one.cos() * two.cos() * v * v;
    2.0 * EARTH_RADIUS * a.sqrt().asin()
}

fn latitude_distance(one: f64, two: f64) -> f64 {
    EARTH_RADIUS * (two * RADIANS - one * RADIANS).abs()
}

impl Shape {
    /// The distance of a place from the middle, where it is within the shape.
    pub(crate) fn distance(self, middle: Place, place: Place) -> Option<f64> {
        match self {
            Self::Circle { radius } => {
                Some(distance(middle, place)).filter(|&distance| distance <= radius)
            }
            Self::Box { width, height } => {
                let is_within = latitude_distance(place.1, middle.1) <= height / 2.0
                    && distance(place, (middle.0, place.1)) <= width / 2.0;
                is_within.then(|| distance(middle, place))
            }
        }
    }

    /// The ranges of scores, each up to below its end, in which all places within the shape are, in
    /// the order in which they are searched.
    pub(crate) fn ranges(self, middle: Place) -> Vec<(f64, f64)> {
        let bounds = self.bounds(middle);
        let radius = match self {
            Self::Circle { radius } => radius,
            Self::Box { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
        };
        let mut cell = Cell::at(middle, step_of(radius, middle.1), LATITUDE);
        if cell.step > 1 && !cell.reaches(&bounds) {
            cell = Cell::at(middle, cell.step - 1, LATITUDE);
        }
        let mut last: Option<Cell> = None;
        let mut ranges = Vec::new();
        for (x, y) in ORDER {
            let is_useless = cell.step >= 2 && cell.area().is_useless(&bounds, x, y);
            let next = cell.moved(x, y);
            // Around the whole earth neighbours are the same.
            if is_useless || last == Some(next) {
                continue;
            }
            ranges.push(next.scores());
            last = Some(next);
        }
        ranges
    }

    fn bounds(self, (longitude, latitude): Place) -> Area {
        let (width, height) = match self {
            Self::Circle { radius } => (radius, radius),
            Self::Box { width, height } => (width / 2.0, height / 2.0),
        };
        let tall = (height / EARTH_RADIUS) / RADIANS;
        let wide = |latitude: f64| width / EARTH_RADIUS / (latitude * RADIANS).cos() / RADIANS;
        let wide = if latitude < 0.0 { wide(latitude - tall) } else { wide(latitude + tall) };
        Area {
            west: longitude - wide,
            east: longitude + wide,
            south: latitude - tall,
            north: latitude + tall,
        }
    }
}

impl Cell {
    fn at((longitude, latitude): Place, step: u32, latitudes: Range) -> Self {
        let scale = (1u64 << step) as f64;
        let x = (LONGITUDE.part(longitude) * scale) as u32;
        let y = (latitudes.part(latitude) * scale) as u32;
        Self { bits: spread(y) | spread(x) << 1, step }
    }

    fn area(self) -> Area {
        let scale = (1u64 << self.step) as f64;
        let (x, y) = (gather(self.bits >> 1), gather(self.bits));
        let at = |range: Range, offset: u32, more: f64| {
            range.low + (f64::from(offset) + more) / scale * (range.high - range.low)
        };
        Area {
            west: at(LONGITUDE, x, 0.0),
            east: at(LONGITUDE, x, 1.0),
            south: at(LATITUDE, y, 0.0),
            north: at(LATITUDE, y, 1.0),
        }
    }

    /// The cell so many cells to the east and to the north, around the earth.
    const fn moved(self, x: i32, y: i32) -> Self {
        let kept = u64::MAX >> (64 - self.step * 2);
        let (odd, even) = (EVEN << 1 & kept, EVEN & kept);
        let (mut east, mut north) = (self.bits & EVEN << 1, self.bits & EVEN);
        // A sum carries through the bits of the other coordinate where all of these are set.
        if x > 0 {
            east = east.wrapping_add(even + 1);
        } else if x < 0 {
            east = (east | even).wrapping_sub(even + 1);
        }
        if y > 0 {
            north = north.wrapping_add(odd.wrapping_add(1));
        } else if y < 0 {
            north = (north | odd).wrapping_sub(odd.wrapping_add(1));
        }
        Self { bits: (east & odd) | (north & even), step: self.step }
    }

    /// Whether the cells around this one hold all that is within bounds.
    fn reaches(self, bounds: &Area) -> bool {
        self.moved(0, 1).area().north >= bounds.north
            && self.moved(0, -1).area().south <= bounds.south
            && self.moved(1, 0).area().east >= bounds.east
            && self.moved(-1, 0).area().west <= bounds.west
    }

    /// The scores of the places within the cell.
    fn scores(self) -> (f64, f64) {
        let shift = 52 - self.step * 2;
        ((self.bits << shift) as f64, ((self.bits + 1) << shift) as f64)
    }
}

impl Area {
    /// Whether the neighbour in this direction of the cell with this area has none of the bounds.
    fn is_useless(&self, bounds: &Self, x: i32, y: i32) -> bool {
        (y < 0 && self.south < bounds.south)
            || (y > 0 && self.north > bounds.north)
            || (x < 0 && self.west < bounds.west)
            || (x > 0 && self.east > bounds.east)
    }
}

/// How many bits a coordinate needs for cells as large as a radius.
fn step_of(radius: f64, latitude: f64) -> u32 {
    if radius == 0.0 {
        return STEP_MAX;
    }
    let (mut reach, mut step) = (radius, 1i32);
    while reach < MERCATOR_MAX {
        reach *= 2.0;
        step += 1;
    }
    // Cells are narrow near the poles.
    let narrow = if latitude.abs() > 80.0 { 2 } else { i32::from(latitude.abs() > 66.0) };
    (step - 2 - narrow).clamp(1, STEP_MAX as i32).unsigned_abs()
}

/// Coordinates from one to another.
#[derive(Debug, Clone, Copy)]
struct Range {
    low: f64,
    high: f64,
}

impl Range {
    fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    fn clamp(self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// Where in the range a value is, from 0 to 1.
    fn part(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// Puts a zero before each bit.
const fn spread(value: u32) -> u64 {
    let mut x = value as u64;
    let mut shift = 16;
    let masks = [
        0x0000_ffff_0000_ffff,
        0x00ff_00ff_00ff_00ff,
        0x0f0f_0f0f_0f0f_0f0f,
        0x3333_3333_3333_3333,
        EVEN,
    ];
    let mut at = 0;
    while at < masks.len() {
        x = (x | x << shift) & masks[at];
        shift /= 2;
        at += 1;
    }
    x
}

/// Takes every other bit, from the lowest on.
const fn gather(value: u64) -> u32 {
    let mut x = value & EVEN;
    let masks = [
        0x3333_3333_3333_3333,
        0x0f0f_0f0f_0f0f_0f0f,
        0x00ff_00ff_00ff_00ff,
        0x0000_ffff_0000_ffff,
        0x0000_0000_ffff_ffff,
    ];
    let mut shift = 1;
    let mut at = 0;
    while at < masks.len() {
        x = (x | x >> shift) & masks[at];
        shift *= 2;
        at += 1;
    }
    x as u32
}

const EVEN: u64 = 0x5555_5555_5555_5555;

/// The cell itself, then its neighbours: steps to the east and to the north.
const ORDER: [(i32, i32); 9] =
    [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];

const LONGITUDE: Range = Range { low: -180.0, high: 180.0 };

/// What a Mercator projection shows.
const LATITUDE: Range = Range { low: -85.051_128_78, high: 85.051_128_78 };

/// Bits of each coordinate in a score.
const STEP_MAX: u32 = 26;

/// Meters.
const EARTH_RADIUS: f64 = 6_372_797.560_856;

/// Half the length of the equator in a Mercator projection, in meters.
const MERCATOR_MAX: f64 = 20_037_726.37;

const RADIANS: f64 = PI / 180.0;

const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PALERMO: Place = (13.361_389, 38.115_556);
    const CATANIA: Place = (15.087_269, 37.502_669);

    #[test]
    fn places_are_where_redis_has_them() {
        assert_eq!(score(PALERMO), 3_479_099_956_230_698.0);
        assert_eq!(&hash(score(PALERMO)), b"sqc8b49rny0");
        let between = distance(place(score(PALERMO)), place(score(CATANIA)));
        assert_eq!(format!("{between:.4}"), "166274.1516");
    }

    proptest! {
        #[test]
        fn what_is_within_a_shape_is_in_one_of_its_ranges(
            middle in (-180.0..180.0f64, -84.0..84.0f64),
            way in (-1.0..1.0f64, -1.0..1.0f64),
            size in 1.0..2_000_000.0f64,
        ) {
            let shape = Shape::Circle { radius: size };
            let degrees = size / 111_000.0;
            let place = (middle.0 + way.0 * degrees, middle.1 + way.1 * degrees);
            prop_assume!(is_valid(place));
            let scored = score(place);
            if shape.distance(middle, super::place(scored)).is_some() {
                let ranges = shape.ranges(middle);
                prop_assert!(ranges.iter().any(|(low, high)| (*low..*high).contains(&scored)));
            }
        }
    }
}
