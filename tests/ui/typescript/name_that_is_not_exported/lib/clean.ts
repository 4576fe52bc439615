export interface Rule {
  from: string;
}
export const clean = (text: string) => text.trim();
