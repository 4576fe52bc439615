// What was meant by a misspelled name.

/** Of Levenshtein: how many letters to add, drop or replace. */
const distance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let at = 1; at <= b.length; at++) {
      const replaced = above[at - 1]! + (a[row - 1] === b[at - 1] ? 0 : 1);
      here.push(Math.min(replaced, above[at]! + 1, here[at - 1]! + 1));
    }
    above = here;
  }
  return above[b.length]!;
};

/**
 * The known name nearest to this one, at most a third of its letters away; letter case does not count. Of one or two letters
 * a third is none, and what is a number is no misspelled one.
 */
export const nearest = (name: string, known: readonly string[]): string | undefined => {
  // No name is that long, and what a model sends may be.
  if (name.length > 64 || /^\d+$/.test(name)) return undefined;
  const lower = name.toLowerCase();
  const judged = known.map((one) => ({ one, away: distance(lower, one.toLowerCase()) }));
  judged.sort((a, b) => a.away - b.away);
  const best = judged[0];
  return best && best.away <= Math.floor(name.length / 3) ? best.one : undefined;
};

/** A list in words: "a, b and c". */
export const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
