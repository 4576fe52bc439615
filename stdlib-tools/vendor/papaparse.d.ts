// What the tools use of papaparse.
declare const Papa: {
  parse(
    text: string,
    options: {
      delimiter: string;
      skipEmptyLines: "greedy";
      fastMode: false;
      step(row: { data: string[]; errors: { type: string; code: string }[]; meta: { delimiter: string } }): void;
    },
  ): void;
  unparse(table: { fields: string[]; data: string[][] }, options: { delimiter: string; newline: string }): string;
};
export default Papa;
