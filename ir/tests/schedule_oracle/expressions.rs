//! Random expressions: valid ones that both sides should read alike, and doubtful ones that may be refused.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by `PACE_TEST_SEED` or else always alike; the seed is printed with the name of the test.
    pub(crate) fn announced(test: &str) -> Self {
        let seed = super::oracle::seed().unwrap_or(20_260_101);
        super::oracle::say(&format!("{test}: PACE_TEST_SEED={seed}"));
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `limit`.
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        let limit = u64::try_from(limit).unwrap();
        i64::try_from(self.next() % limit).unwrap()
    }

    pub(crate) fn one_in(&mut self, chances: i64) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(i64::try_from(from.len()).unwrap())).unwrap()]
    }
}

struct Field {
    min: i64,
    max: i64,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "Feb", "MAR", "apr", "may", "JUN", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "MON", "Tue", "wed", "thu", "FRI", "sat", "7"];
const FIELDS: [Field; 5] = [
    Field { min: 0, max: 59, names: &[] },
    Field { min: 0, max: 23, names: &[] },
    Field { min: 1, max: 31, names: &[] },
    Field { min: 1, max: 12, names: MONTHS },
    Field { min: 0, max: 7, names: WEEKDAYS },
];

/// An expression that both sides accept and mean alike. Left out, since croniter means something else by them: ranges of
/// one value (`5-5`, `jan-jan`), which it widens to the whole field, and `7/n`, which it reads as `0/n`.
pub(crate) fn valid(random: &mut Random) -> String {
    if random.one_in(60) {
        return (*random.pick(&["@hourly", "@daily", "@weekly", "@monthly", "@yearly"])).to_owned();
    }
    if random.one_in(60) {
        let (days, months) =
            (random.pick(&["29", "30", "31", "30,31", "29-31"]), random.pick(&["2", "Feb", "4,6", "2,11"]));
        return format!("0 12 {days} {months} *");
    }
    // Every other one is restricted to the hours in which clocks change.
    let early = random.one_in(2);
    let fields: Vec<_> = (0..5)
        .map(|index| match index {
            1 if early => hours_of_changes(random),
            2..=4 if early && !random.one_in(4) => "*".to_owned(),
            _ => list(random, &FIELDS[index]),
        })
        .collect();
    fields.join(" ")
}

fn hours_of_changes(random: &mut Random) -> String {
    (*random.pick(&["0", "1", "2", "3", "23", "1-3", "0-3", "23,0", "*/2", "1,2"])).to_owned()
}

fn list(random: &mut Random, field: &Field) -> String {
    if random.one_in(3) {
        return "*".to_owned();
    }
    let length = if random.one_in(3) { 2 + random.below(3) } else { 1 };
    let items: Vec<_> = (0..length).map(|_| item(random, field)).collect();
    items.join(",")
}

fn item(random: &mut Random, field: &Field) -> String {
    let value = |random: &mut Random| field.min + random.below(field.max - field.min + 1);
    let (one, other) = (value(random), value(random));
    let longest = if random.one_in(5) { 70 } else { 12 };
    let step = 1 + random.below(longest);
    let (low, high) = (one.min(other), one.max(other));
    let (low_text, high_text) = (spell(random, field, low), spell(random, field, high));
    match random.below(6) {
        0 => format!("*/{step}"),
        1 if low < high => format!("{low_text}-{high_text}"),
        2 if low < high => format!("{low_text}-{high_text}/{step}"),
        3 if low < field.max => format!("{low_text}/{step}"),
        _ => low_text,
    }
}

fn spell(random: &mut Random, field: &Field, value: i64) -> String {
    let name = field.names.get(usize::try_from(value - field.min).unwrap());
    match name {
        Some(name) if random.one_in(2) => (*name).to_owned(),
        _ if random.one_in(10) => format!("{value:02}"),
        _ => value.to_string(),
    }
}

#[rustfmt::skip]
const PIECES: [&str; 48] = [
    "*", "*", "/", "/", "/", "-", "-", "-", ",", ",", ",", "0", "0", "1", "1", "2", "2", "3", "4", "5", "5", "6", "7", "8",
    "12", "13", "23", "24", "31", "32", "59", "60", "00", "007", "mon", "SUN", "Jan", "dec", "monday", "L", "W", "#", "?",
    "h", "r", "+", "~", "é",
];
const MACROS: [&str; 12] = [
    "@hourly",
    "@daily",
    "@weekly",
    "@monthly",
    "@yearly",
    "@midnight",
    "@annually",
    "@Daily",
    "@WEEKLY",
    "@reboot",
    "@every 5m",
    "@dayly",
];

/// An expression that may or may not be accepted: a valid one with a piece or two changed, five fields of random pieces,
/// more or fewer fields, or a macro.
pub(crate) fn doubtful(random: &mut Random) -> String {
    match random.below(20) {
        0 => (*random.pick(&MACROS)).to_owned(),
        1 => {
            let count = random.below(9);
            let fields: Vec<_> = (0..count).map(|_| random.pick(&["*", "0", "1-5", "2026"]).to_string()).collect();
            fields.join(" ")
        }
        2..=6 => {
            let wild = random.below(5);
            let fields: Vec<_> =
                (0..5).map(|index| if index == wild { soup(random) } else { "*".to_owned() }).collect();
            fields.join(" ")
        }
        _ => {
            let mut text = valid(random);
            let changes = if random.one_in(4) { 2 } else { 1 };
            for _ in 0..changes {
                change(random, &mut text);
            }
            text
        }
    }
}

fn soup(random: &mut Random) -> String {
    (0..=random.below(5)).map(|_| *random.pick(&PIECES)).collect()
}

/// Inserts a piece, or replaces a character by one, or removes a character.
fn change(random: &mut Random, text: &mut String) {
    let places: Vec<_> = text.char_indices().map(|(place, c)| (place, place + c.len_utf8())).collect();
    let Some(&(start, end)) = (!places.is_empty()).then(|| random.pick(&places)) else { return };
    let (from, to, piece) = match random.below(3) {
        0 => (start, start, *random.pick(&PIECES)),
        1 => (start, end, *random.pick(&PIECES)),
        _ => (start, end, ""),
    };
    text.replace_range(from..to, piece);
}
