// The functions and constants of std/calc.
import { Decimal, settled } from "./number";

type Function = { least: number; most: number; run: (args: Decimal[]) => Decimal };

const one = (run: (x: Decimal) => Decimal): Function => ({ least: 1, most: 1, run: ([x]) => run(x!) });
const many = (run: (args: Decimal[]) => Decimal): Function => ({ least: 1, most: Infinity, run });

const fail = (why: string): never => {
  throw new Error(why);
};

const whole = (value: Decimal, what: string): Decimal => (value.isInteger() ? value : fail(`${what} must be a whole number, not ${value}`));

/** Angles this large have lost their digits to the turns in them. */
const MOST_ANGLE = new Decimal("1e15");
const angle = (x: Decimal): Decimal => (x.abs().gt(MOST_ANGLE) ? fail("the angle is too large; at most 1e15 radians") : x);

const inUnit = (x: Decimal, what: string): Decimal => (x.abs().gt(1) ? fail(`${what} needs a number from -1 to 1, not ${x}`) : x);

const positive = (x: Decimal): Decimal => (x.gt(0) ? x : fail(`a logarithm needs a number above 0, not ${x}`));

const sum = (args: Decimal[]): Decimal => args.reduce((total, x) => total.plus(x), new Decimal(0));

const median = (args: Decimal[]): Decimal => {
  const sorted = [...args].sort((a, b) => a.cmp(b));
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half]! : sorted[half - 1]!.plus(sorted[half]!).div(2);
};

const factorial = (x: Decimal): Decimal => {
  if (!x.isInteger() || x.isNegative() || x.gt(1000)) fail(`factorial needs a whole number from 0 to 1000, not ${x}`);
  let product = new Decimal(1);
  for (let factor = 2; factor <= x.toNumber(); factor++) product = product.times(factor);
  return product;
};

/** Of Euclid; numbers are whole and exact. */
const divisor = (a: Decimal, b: Decimal): Decimal => {
  let [x, y] = [exact(a).abs(), exact(b).abs()];
  while (!y.isZero()) [x, y] = [y, x.mod(y)];
  return x;
};
const exact = (x: Decimal): Decimal => (x.e < 100 ? whole(x, "gcd and lcm: each number") : fail(`${x} is too large for gcd and lcm`));

const multiple = (a: Decimal, b: Decimal): Decimal => {
  const common = divisor(a, b);
  return common.isZero() ? common : a.times(b).abs().div(common);
};

const round = (x: Decimal, digits: Decimal = new Decimal(0)): Decimal => {
  if (!digits.isInteger() || digits.abs().gt(100)) fail(`round: digits are a whole number from -100 to 100, not ${digits}`);
  const shift = new Decimal(10).pow(digits);
  return x.times(shift).round().div(shift);
};

const tangent = (x: Decimal): Decimal =>
  settled(x.cos()).isZero() ? fail("tan is not defined there") : settled(x.tan());

const log = (x: Decimal, base: Decimal = new Decimal(10)): Decimal =>
  base.gt(0) && !base.eq(1) ? positive(x).log(base) : fail(`the base of a logarithm is above 0 and not 1, not ${base}`);

/** What a power or `^` gives. */
export const power = (base: Decimal, exponent: Decimal): Decimal => {
  if (base.isZero() && exponent.isNegative()) fail("0 has no negative power");
  if (base.isNegative() && !exponent.isInteger()) fail("a negative number has whole powers only");
  return base.pow(exponent);
};

/** By name. */
export const FUNCTIONS: ReadonlyMap<string, Function> = new Map(Object.entries({
  abs: one((x) => x.abs()),
  ceil: one((x) => x.ceil()),
  floor: one((x) => x.floor()),
  round: { least: 1, most: 2, run: ([x, digits]) => round(x!, digits) },
  trunc: one((x) => x.trunc()),
  sqrt: one((x) => (x.isNegative() && !x.isZero() ? fail(`sqrt needs a number from 0 on, not ${x}`) : x.sqrt())),
  cbrt: one((x) => x.cbrt()),
  exp: one((x) => x.exp()),
  ln: one((x) => positive(x).ln()),
  log: { least: 1, most: 2, run: ([x, base]) => log(x!, base) },
  sin: one((x) => settled(angle(x).sin())),
  cos: one((x) => settled(angle(x).cos())),
  tan: one((x) => tangent(angle(x))),
  asin: one((x) => inUnit(x, "asin").asin()),
  acos: one((x) => inUnit(x, "acos").acos()),
  atan: one((x) => x.atan()),
  min: many((args) => Decimal.min(...args)),
  max: many((args) => Decimal.max(...args)),
  sum: many(sum),
  mean: many((args) => sum(args).div(args.length)),
  median: many(median),
  factorial: one(factorial),
  gcd: many((args) => args.reduce(divisor, new Decimal(0))),
  lcm: many((args) => args.reduce(multiple, new Decimal(1))),
} satisfies Record<string, Function>));

/** Their names, for the model. */
export const FUNCTION_NAMES: readonly string[] = [...FUNCTIONS.keys()];

/** By name; computed when asked for, since not every call does. */
export const CONSTANTS: ReadonlyMap<string, () => Decimal> = new Map([
  ["pi", () => Decimal.acos(-1)],
  ["e", () => Decimal.exp(1)],
]);
