export default { //~ P0515
  name: "search",
  description: "Search the handbook",
  parameters: {},
  execute: () => 1,
};
