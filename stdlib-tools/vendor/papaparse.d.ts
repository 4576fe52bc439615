// What the tools use of papaparse.
declare const Papa: {
  parse(
    text: string,
    options: { delimiter: string; skipEmptyLines: "greedy" },
  ): { data: string[][]; errors: { type: string; code: string; row?: number }[]; meta: { delimiter: string } };
  unparse(table: { fields: string[]; data: string[][] }, options: { delimiter: string; newline: string }): string;
};
export default Papa;
