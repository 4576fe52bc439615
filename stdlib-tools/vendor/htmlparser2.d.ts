// What the tools use of htmlparser2.
export interface Handler {
  onopentag?(name: string, attributes: Record<string, string>): void;
  ontext?(text: string): void;
  onclosetag?(name: string): void;
}
export declare class Parser {
  constructor(handler: Handler, options?: { xmlMode?: boolean; decodeEntities?: boolean });
  write(text: string): void;
  end(text?: string): void;
}
