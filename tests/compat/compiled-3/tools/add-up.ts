import { defineTool } from "@paceline/runtime";
import { checked } from "../lib/prices";

export default defineTool({
  name: "add_up",
  description: "Adds prices up, in cents.",
  parameters: { prices: { type: "array", items: { type: "integer" } } },
  execute: async ({ prices }) => ({ total: checked(prices).reduce((sum, price) => sum + price, 0) }),
});
