//! What a key of a mapping can be: given, absent, or broken. Broken means that the author was told already, so whatever
//! depends on the value is skipped and nothing else is said about it.

use pace_diag::Reported;
use pace_syntax::{Span, Spanned};

/// The value of a key.
#[derive(Debug, Clone)]
pub(crate) enum Field<T> {
    /// Written and understood.
    Given {
        /// The key.
        key: Span,
        /// The value.
        value: Spanned<T>,
    },
    /// Not written.
    Absent,
    /// Written, or required, and reported.
    Broken(Reported),
}

impl<T> Field<T> {
    /// The value, if there is a sound one.
    pub(crate) fn get(&self) -> Option<&T> {
        self.spanned().map(|spanned| &spanned.value)
    }

    /// The value and its place, if there is a sound one.
    pub(crate) fn spanned(&self) -> Option<&Spanned<T>> {
        match self {
            Self::Given { value, .. } => Some(value),
            Self::Absent | Self::Broken(_) => None,
        }
    }

    /// The value's place, if there is a sound one.
    pub(crate) fn span(&self) -> Option<Span> {
        self.spanned().map(|spanned| spanned.span)
    }

    /// The key's place, if there is a sound value.
    pub(crate) fn key(&self) -> Option<Span> {
        match self {
            Self::Given { key, .. } => Some(*key),
            Self::Absent | Self::Broken(_) => None,
        }
    }

    /// The value of an optional key, unless the author was told of it already.
    ///
    /// # Errors
    /// When the value is broken.
    pub(crate) fn sound(&self) -> Result<Option<&T>, Reported> {
        match self {
            Self::Given { value, .. } => Ok(Some(&value.value)),
            Self::Absent => Ok(None),
            Self::Broken(reported) => Err(*reported),
        }
    }

    /// Whether the author wrote nothing.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// A list in a spec. Broken entries are left out, and `complete` says so: what is missing may have been among them.
#[derive(Debug, Clone)]
pub(crate) struct List<T> {
    /// The sound entries, in the author's order.
    pub(crate) items: Vec<Spanned<T>>,
    /// Whether every entry was sound.
    pub(crate) complete: bool,
}

/// A mapping in a spec whose keys are the author's. Broken entries are left out, and `complete` says so.
#[derive(Debug, Clone)]
pub(crate) struct Table<K, V> {
    /// The sound entries, in the author's order.
    pub(crate) entries: Vec<(Spanned<K>, Spanned<V>)>,
    /// Whether every entry was sound.
    pub(crate) complete: bool,
}

impl<T> Field<List<T>> {
    /// The sound entries; none where the key is absent or broken.
    pub(crate) fn items(&self) -> &[Spanned<T>] {
        self.get().map_or(&[], |list| &list.items)
    }

    /// Whether every entry the author wrote is among [`Self::items`].
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Given { value, .. } => value.value.complete,
            Self::Absent => true,
            Self::Broken(_) => false,
        }
    }
}

impl<K, V> Field<Table<K, V>> {
    /// The sound entries; none where the key is absent or broken.
    pub(crate) fn entries(&self) -> &[(Spanned<K>, Spanned<V>)] {
        self.get().map_or(&[], |table| &table.entries)
    }

    /// Whether every entry the author wrote is among [`Self::entries`].
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::Given { value, .. } => value.value.complete,
            Self::Absent => true,
            Self::Broken(_) => false,
        }
    }
}
