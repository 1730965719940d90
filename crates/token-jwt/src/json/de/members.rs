//! Objects: each member goes to the [`Watch`], and then to the caller's type.

use serde::de::{DeserializeSeed, MapAccess, Visitor};

use super::feed::feed;
use super::scalar::ScalarDeserializer;
use super::watch::{Scalar, Watch};
use crate::json::error::JsonError;
use crate::json::reader::{ObjectMark, Reader, Stop};

/// Gives an object to the visitor; what the visitor leaves unread is read and checked afterwards.
pub(super) fn visit_members<'de, V: Visitor<'de>, W: Watch<'de>>(
    reader: &mut Reader<'de>,
    watch: &mut W,
    visitor: V,
) -> Result<V::Value, Stop> {
    let mut members = Members::open(reader, watch)?;
    match visitor.visit_map(&mut members) {
        Ok(value) => members.drain().map(|()| value),
        // The position is somewhere inside the object, so reading cannot go on.
        Err(_) => Err(members.reader.stop(JsonError::Shape)),
    }
}

pub(super) struct Members<'r, 'w, 'de, W> {
    reader: &'r mut Reader<'de>,
    watch: &'w mut W,
    object: ObjectMark,
    /// The reader is before a value that has not been read.
    pending: bool,
    done: bool,
}

impl<'r, 'w, 'de, W: Watch<'de>> Members<'r, 'w, 'de, W> {
    pub(super) fn open(reader: &'r mut Reader<'de>, watch: &'w mut W) -> Result<Self, Stop> {
        let object = reader.open_object()?;
        Ok(Self {
            reader,
            watch,
            object,
            pending: false,
            done: false,
        })
    }

    #[inline]
    fn next_name(&mut self) -> Result<bool, Stop> {
        if self.done {
            return Ok(false);
        }
        self.pending = self.reader.next_name(&mut self.object)?;
        self.done = !self.pending;
        Ok(self.pending)
    }

    /// Lets the watch see the pending value.
    #[inline]
    fn watched(&mut self) -> Result<Scalar<'de>, Stop> {
        self.pending = false;
        let before = self.reader.position();
        let seen = self.watch.member(self.reader.name(), self.reader)?;
        if matches!(seen, Scalar::Unread) {
            self.reader.rewind(before);
        }
        Ok(seen)
    }

    /// Reads the pending value if the visitor did not.
    fn settle(&mut self) -> Result<(), Stop> {
        if self.pending
            && let Scalar::Unread = self.watched()?
        {
            self.reader.skip_value()?;
        }
        Ok(())
    }

    /// Reads the rest of the object.
    pub(super) fn drain(&mut self) -> Result<(), Stop> {
        loop {
            self.settle()?;
            if !self.next_name()? {
                return Ok(());
            }
        }
    }
}

impl<'de, W: Watch<'de>> MapAccess<'de> for Members<'_, '_, 'de, W> {
    type Error = Stop;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Stop> {
        self.settle()?;
        if !self.next_name()? {
            return Ok(None);
        }
        seed.deserialize(ScalarDeserializer::Text(self.reader.name().text))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Stop> {
        match self.watched()? {
            Scalar::Unread => feed(self.reader, seed),
            Scalar::Text(text) => seed.deserialize(ScalarDeserializer::Text(text)),
            Scalar::Number(number) => seed.deserialize(ScalarDeserializer::Number(number)),
        }
    }
}
