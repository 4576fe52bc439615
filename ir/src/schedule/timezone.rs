//! Time zones by their IANA name, from the database compiled in, so that every host fires alike.

mod database;
mod local;

use std::fmt;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use thiserror::Error;

use database::{Database, Kind, Span};

pub use local::LocalOffset;

/// A zone of the IANA database, links (`Asia/Calcutta`) among them. Stored as its name; `chrono` takes it for a [`chrono::TimeZone`].
/// Clock changes are known up to 2099; later years keep the last offset.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timezone(Option<u16>);

/// No zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown time zone `{name}`: a zone has its IANA name, such as `Europe/Berlin`")]
pub struct UnknownTimezone {
    /// As written.
    pub name: String,
}

impl Timezone {
    /// `UTC`, the default. The only one for which the database is not unpacked.
    pub const UTC: Self = Self(None);

    /// The zone of exactly this name; case counts.
    ///
    /// # Errors
    /// [`UnknownTimezone`] if there is none. [`Timezone::all_names`] are the candidates for a suggestion.
    pub fn parse(name: &str) -> Result<Self, UnknownTimezone> {
        if name == Kind::UTC.name {
            return Ok(Self::UTC);
        }
        let number = Database::get().find(name).ok_or_else(|| UnknownTimezone { name: name.to_owned() })?;
        Ok(Self(Some(number)))
    }

    /// The name it was parsed from.
    pub fn name(self) -> &'static str {
        self.0.and_then(|number| Database::get().name(number)).unwrap_or(Kind::UTC.name)
    }

    /// Every name there is (about 600), sorted.
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        Database::get().names()
    }

    /// The release of the IANA database compiled in: `2025b`.
    pub fn database() -> &'static str {
        Database::get().release
    }

    /// What its clocks show, first to last.
    fn spans(self) -> &'static [Span] {
        match self.0 {
            None => &[Span { begin: i64::MIN, end: i64::MAX, kind: Kind::UTC }],
            Some(number) => Database::get().spans(number),
        }
    }
}

impl Default for Timezone {
    fn default() -> Self {
        Self::UTC
    }
}

/// By its name: the number means nothing outside of this process.
impl fmt::Debug for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Timezone").field(&format_args!("{}", self.name())).finish()
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Encode for Timezone {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.name().encode(encoder)
    }
}

impl<Context> Decode<Context> for Timezone {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let name = String::decode(decoder)?;
        Self::parse(&name).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

bincode::impl_borrow_decode!(Timezone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        assert_eq!(Timezone::parse("Europe/Berlin").unwrap().name(), "Europe/Berlin");
        assert_eq!(Timezone::parse("Asia/Calcutta").unwrap().name(), "Asia/Calcutta");
        for wrong in ["europe/berlin", "Berlin", "", " UTC", "UTC+1", "CEST"] {
            assert_eq!(Timezone::parse(wrong), Err(UnknownTimezone { name: wrong.to_owned() }));
        }
    }

    #[test]
    fn every_listed_name_parses_to_itself() {
        let names: Vec<_> = Timezone::all_names().collect();
        assert!(names.len() > 500 && names.is_sorted());
        assert!(names.iter().all(|name| Timezone::parse(name).unwrap().name() == *name));
    }

    #[test]
    fn decoding_refuses_unknown_names() {
        let config = bincode::config::standard();
        let bytes = bincode::encode_to_vec(Timezone::parse("Asia/Kolkata").unwrap(), config).unwrap();
        assert_eq!(bytes, bincode::encode_to_vec("Asia/Kolkata", config).unwrap());
        let (zone, _): (Timezone, _) = bincode::decode_from_slice(&bytes, config).unwrap();
        assert_eq!(zone.name(), "Asia/Kolkata");
        let bytes = bincode::encode_to_vec("Asia/Nowhere", config).unwrap();
        let error = bincode::decode_from_slice::<Timezone, _>(&bytes, config).unwrap_err();
        assert!(error.to_string().contains("Asia/Nowhere"), "{error}");
    }
}
