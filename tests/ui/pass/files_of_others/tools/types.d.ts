export type City = string;
