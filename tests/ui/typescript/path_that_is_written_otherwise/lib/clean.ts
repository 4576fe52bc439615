export const clean = (text: string) => text.trim();
export const trim = clean;
