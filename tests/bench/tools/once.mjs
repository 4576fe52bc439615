// A counterpart of one call: a process of its own. Arguments: the tool's module.
const { default: tool } = await import(process.argv[2]);
console.log(JSON.stringify(await tool.execute({ a: 1, b: 2 }, { env: {} })));
