/** When every scenario begins, in milliseconds since 1970. */
export const beginMs = 1_800_000_000_000;
