//! Runs JavaScript until a promise settles: jobs first, then whatever the host has finished.

use javy::quickjs::{self, Ctx, Function, Object, Promise, TypedArray, Value};

/// Drives `promise`; nothing if it waits although no operation is under way.
pub(crate) fn drive<'js>(
    ctx: &Ctx<'js>,
    api: &Object<'js>,
    promise: &Promise<'js>,
) -> quickjs::Result<Option<Value<'js>>> {
    loop {
        while ctx.execute_pending_job() {}
        if let Some(result) = promise.result::<Value>() {
            return result.map(Some);
        }
        if api.get::<_, Function>("pending")?.call::<_, u32>(())? == 0 {
            return Ok(None);
        }
        // The host suspends this whole instance in here.
        let (id, outcome) = crate::host::wait_any();
        settle(ctx, api, id, &outcome)?;
    }
}

/// Hands an outcome to the prelude: four bytes with the length of a JSON text, the text, a body.
fn settle<'js>(ctx: &Ctx<'js>, api: &Object<'js>, id: u32, outcome: &[u8]) -> quickjs::Result<()> {
    let (length, rest) = outcome.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    let (about, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).unwrap_or_default();
    let about = String::from_utf8_lossy(about).into_owned();
    let body = TypedArray::<u8>::new_copy(ctx.clone(), body)?;
    api.get::<_, Function>("settle")?.call::<_, ()>((id, about, body))
}
