// How numbers are kept and shown. 120 significant digits are worked with, so that a result of at most 100 was not rounded on
// its way (the 20 beyond would have to be zeros by chance), and what has more is told as rounded.
import { Decimal as Base } from "../vendor/decimal.js";

const WORKING = 120;
const EXACT = 100;
/** How many digits of a rounded result are shown: as many as decimal128 of IEEE 754 has. */
const ROUNDED = 34;
/** The largest exponent of ten: beyond, a number has no use, and costs time to print. */
const MOST_EXPONENT = 100_000;
/** Up to here all digits are written out. */
const PLAIN = 100;

/** Decimals of this tool. Halves are rounded away from zero, as in school. */
export const Decimal = Base.clone({
  precision: WORKING,
  rounding: Base.ROUND_HALF_UP,
  maxE: MOST_EXPONENT,
  minE: -MOST_EXPONENT,
  defaults: true,
});
export type Decimal = Base;

/** A number below this is what rounding left of zero, after a sine or the like. */
const NOTHING = new Decimal("1e-100");

/** Zero for what rounding left of it. */
export const settled = (value: Decimal): Decimal => (value.abs().lt(NOTHING) ? new Decimal(0) : value);

const text = (value: Decimal): string => {
  if (value.isZero()) return "0";
  return value.e <= PLAIN && value.e >= -PLAIN ? value.toFixed() : value.toExponential();
};

/** The result as the model reads it. */
export const shown = (value: Decimal, digits: number | undefined): { result: string; exact: boolean } => {
  if (digits !== undefined && value.e <= PLAIN) {
    const rounded = value.toDecimalPlaces(digits);
    return { result: rounded.isZero() ? rounded.abs().toFixed(digits) : rounded.toFixed(digits), exact: rounded.eq(value) };
  }
  const exact = value.precision() <= EXACT;
  return { result: text(exact ? value : value.toSignificantDigits(ROUNDED)), exact };
};
