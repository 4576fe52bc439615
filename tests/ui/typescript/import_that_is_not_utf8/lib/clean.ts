export const clean = "café";
