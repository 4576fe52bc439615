//! One section's content as one zstd frame: the only file that calls zstd. The writer uses one set of parameters, so
//! that equal content gives equal bytes; the reader takes one plain frame of exactly the length the table states.
//!
//! Source of the frame layout: RFC 8878, section 3.1.1.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{self, CParameter};

use super::fields::length_u64;
use super::reject::RejectReason;
use super::table::Entry;

/// The pinned compression level. See `FORMAT.md`, "Frames", for what it was measured against.
pub(super) const LEVEL: i32 = 6;

/// `28 B5 2F FD`, which no skippable frame starts with.
const MAGIC: [u8; 4] = 0xFD2F_B528_u32.to_le_bytes();

/// The bits of the frame header descriptor that have to be zero: unused, reserved, checksum, dictionary id (two). Only
/// the two bits of the content size's width and the single-segment bit are left.
const UNUSED_DESCRIPTOR_BITS: u8 = 0b0001_1111;

/// `raw` as one frame: content size, no checksum, no dictionary id. Equal input gives equal output for one version of
/// zstd, which the lock file pins.
///
/// # Errors
/// Only when memory for zstd's tables cannot be had.
pub(super) fn deflate(raw: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
    compressor.set_parameter(CParameter::ChecksumFlag(false))?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    compressor.compress(raw)
}

/// The content of `stored`, the frame of `entry`, whose stated raw length is already known to be within the limit.
/// Inflates no further than that length.
///
/// # Errors
/// What is wrong with the frame (duty 5, all but the digest).
pub(super) fn inflate(entry: &Entry, stored: &[u8]) -> Result<Vec<u8>, RejectReason> {
    check(entry, stored)?;
    let problem = |problem: String| RejectReason::Inflate { id: entry.id, raw_length: entry.raw_length, problem };
    let capacity = usize::try_from(entry.raw_length).map_err(|error| problem(error.to_string()))?;
    let mut raw = Vec::new();
    raw.try_reserve_exact(capacity).map_err(|error| problem(error.to_string()))?;
    let mut decompressor = Decompressor::new().map_err(|error| problem(error.to_string()))?;
    decompressor.decompress_to_buffer(stored, &mut raw).map_err(|error| problem(error.to_string()))?;
    if raw.len() != capacity {
        return Err(problem(format!("the frame ends after {} bytes", raw.len())));
    }
    Ok(raw)
}

/// Judges the form of a frame without inflating it.
fn check(entry: &Entry, stored: &[u8]) -> Result<(), RejectReason> {
    let id = entry.id;
    let header = stored.strip_prefix(&MAGIC).and_then(|rest| rest.first());
    let descriptor = *header.ok_or(RejectReason::NotZstd { id })?;
    if descriptor & UNUSED_DESCRIPTOR_BITS != 0 {
        return Err(RejectReason::FrameDescriptor { id, descriptor });
    }
    let stated = zstd_safe::get_frame_content_size(stored).ok().flatten();
    if stated != Some(entry.raw_length) {
        return Err(RejectReason::ContentSize { id, stated, raw_length: entry.raw_length });
    }
    let frame = zstd_safe::find_frame_compressed_size(stored).map_err(|code| RejectReason::Inflate {
        id,
        raw_length: entry.raw_length,
        problem: zstd_safe::get_error_name(code).to_owned(),
    })?;
    if frame != stored.len() {
        return Err(RejectReason::FrameLength { id, frame: length_u64(frame), stored_length: entry.stored_length });
    }
    Ok(())
}
