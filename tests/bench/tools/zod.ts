import { defineTool } from "@paceline/runtime";
import { z } from "zod";

const parameters = z.object({ a: z.number(), b: z.number(), unit: z.enum(["celsius", "fahrenheit"]).default("celsius") });
const report = z.object({
  days: z.array(z.object({ name: z.string().min(2), high: z.number(), low: z.number().optional() })).max(10),
});

export default defineTool({
  name: "zod",
  description: "Reads its arguments and a report with zod",
  parameters,
  execute: async (args) => {
    const { a, b, unit } = parameters.parse(args);
    const { days } = report.parse({ days: ["mon", "tue", "wed"].map((name, i) => ({ name, high: a + i, low: b - i })) });
    return { unit, days };
  },
});
