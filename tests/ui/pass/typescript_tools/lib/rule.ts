export interface Rule {
  from: RegExp;
  to: string;
}
