export const rules = await Promise.resolve({});
