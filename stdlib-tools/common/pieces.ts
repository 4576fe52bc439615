// A long text that comes in as many pieces as a parser likes: each would cost more than it holds.

/** How many pieces are kept before they become one. */
const MOST_PIECES = 256;

export class Pieces {
  #large: string[] = [];
  #small: string[] = [];
  #length = 0;
  #most: number;

  /** Keeps about so many characters; what comes behind is dropped. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  get length(): number {
    return this.#length;
  }

  push(piece: string): void {
    if (this.#length >= this.#most) return;
    this.#length += piece.length;
    this.#small.push(piece);
    if (this.#small.length >= MOST_PIECES) this.#large.push(this.#small.splice(0).join(""));
  }

  /** All of it; nothing is left. */
  take(): string {
    const text = this.#large.join("") + this.#small.join("");
    this.#large = [];
    this.#small = [];
    this.#length = 0;
    return text;
  }
}

/** A text in pieces for expressions that replace: those keep all they found until they are done. */
export const chunks = (text: string): string[] => (text.length <= 8192 ? [text] : (text.match(/[^]{1,8192}/g) ?? []));
