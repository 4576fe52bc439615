// Which rows are wanted.

export type Condition = { column: string; is: "=" | "!=" | "<" | "<=" | ">" | ">=" | "contains"; value: string };

const NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/;

const order = (a: string, b: string): number => {
  if (NUMBER.test(a) && NUMBER.test(b)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
};

/** Whether a value is as the condition wants it. */
export const holds = (cell: string, { is, value }: Condition): boolean => {
  switch (is) {
    case "=": return cell === value;
    case "!=": return cell !== value;
    case "contains": return cell.toLowerCase().includes(value.toLowerCase());
    case "<": return order(cell, value) < 0;
    case "<=": return order(cell, value) <= 0;
    case ">": return order(cell, value) > 0;
    case ">=": return order(cell, value) >= 0;
  }
};
