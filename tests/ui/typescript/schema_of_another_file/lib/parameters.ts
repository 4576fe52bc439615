export const parameters = { text: { type: "string", pattern: "(" } } as const;
