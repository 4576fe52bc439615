// A part of a text that is too long to be told at once.

/** From `offset` on, at most `most` characters, never half of one that takes two units. */
export const part = (text: string, offset: number, most: number): { part: string; note?: string } => {
  const isInside = (at: number) => at > 0 && at < text.length && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  const start = isInside(offset) ? offset + 1 : offset;
  // One character more than nothing, so that reading on gets somewhere.
  const end = isInside(start + most) ? start + most + (most === 1 ? 1 : -1) : start + most;
  const cut = text.slice(start, end);
  if (start === 0 && end >= text.length) return { part: cut };
  if (start >= text.length) return { part: "", note: `there are ${text.length} characters, and none from ${start} on` };
  const rest = end < text.length ? `; go on with offset ${end}` : "";
  return { part: cut, note: `characters ${start} to ${Math.min(end, text.length)} of ${text.length}${rest}` };
};
