// What the tools use of diff.
export interface Hunk {
  readonly lines: readonly string[];
}
export interface Patch {
  readonly hunks: readonly Hunk[];
}
export declare function structuredPatch(
  oldName: string, newName: string, before: string, after: string, oldHeader: undefined, newHeader: undefined,
  options: { context: number; maxEditLength: number; ignoreWhitespace: boolean },
): Patch | undefined;
export declare function formatPatch(
  patch: Patch, headers: { includeIndex: boolean; includeUnderline: boolean; includeFileHeaders: boolean },
): string;
