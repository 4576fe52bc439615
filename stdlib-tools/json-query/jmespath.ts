// JMESPath, by the specification on jmespath.org with its standard functions: what its compliance tests ask for.
import { evaluate } from "./evaluate";
import { Parser } from "./parser";
import { tokens } from "./tokens";

/** A value of JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** No expression that is meant is longer. */
const MOST_CHARACTERS = 10_000;

/** The query that an expression is. Throws an error that says where the expression is wrong. */
export const compile = (expression: string): ((data: Json) => Json) => {
  if (expression.length > MOST_CHARACTERS) throw new Error(`the expression is longer than ${MOST_CHARACTERS} characters`);
  const tree = new Parser(tokens(expression)).whole();
  return (data) => evaluate(tree, data);
};
