// What separates values.

/** The delimiter of the entry, checked; `\t` as two characters is meant as a tab. */
export const delimiterOf = (given: string | undefined): string | undefined => {
  if (given === undefined || given === "") return undefined;
  const one = given === "\\t" ? "\t" : given;
  if ([...one].length !== 1 || /["\r\n\ufeff]/.test(one)) {
    throw new Error(`\`delimiter\` is one character and no quote or line end, not ${JSON.stringify(given.slice(0, 20))}`);
  }
  return one;
};
