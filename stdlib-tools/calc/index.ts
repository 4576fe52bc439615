// std/calc: arithmetic over exact decimals.
import { defineTool } from "@paceline/runtime";
import { calculate } from "./parse";
import { FUNCTION_NAMES } from "./functions";
import { shown } from "./number";

export default defineTool({
  name: "calc",
  description:
    "Calculates an arithmetic expression exactly, with decimals (0.1 + 0.2 is 0.3) and up to 100 digits. Use it for every " +
    "calculation instead of doing it in your head. Example: {\"expression\": \"round(1250 * 1.19 / 12, 2)\"}. " +
    `Operators: + - * / % (remainder) ^ (power) and parentheses. Functions: ${FUNCTION_NAMES.join(", ")}. ` +
    "Angles are in radians; log is to base 10, log(x, base) to any. Constants: pi, e.",
  parameters: {
    expression: {
      type: "string",
      description: 'Such as "(3.5 + 4) * 2^10". Numbers without thousands separators: 1234.5, not 1,234.5',
    },
    digits: {
      type: "integer",
      minimum: 0,
      maximum: 100,
      optional: true,
      description: "Round the result to so many digits after the point, halves away from zero",
    },
  },
  execute: ({ expression, digits }) => shown(calculate(expression), digits),
});
