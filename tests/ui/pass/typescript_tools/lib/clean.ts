import type { Rule } from "./rule.ts";

const rules: Rule[] = [{ from: /\s+/g, to: " " }];

export const clean = (text: string) => rules.reduce((text, rule) => text.replace(rule.from, rule.to), text);
