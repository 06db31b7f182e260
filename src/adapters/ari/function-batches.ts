import type { ReadFunction } from './helper-channel.ts';

/**
 * Names that may stand inside EVAL(…), which evaluates what it is given: nothing that could end an expression or begin
 * another. Names come from the PBX and from people; any other is left out of batches.
 */
export const safeName = /^[\p{L}\p{N}_.@/:+*#= -]{1,200}$/u;
/** Asterisk reads request lines of 4,096 bytes; percent-encoding triples what is not a letter. */
const batchCharsMax = 2400;
const separator = '|';

/** The values of these dialplan functions in their order, in as few requests as possible. */
export async function readFunctions(read: ReadFunction, functions: readonly string[]): Promise<string[]> {
  const values: string[] = [];
  for (const batch of batchesOf(functions)) {
    const text = await read(`EVAL(${batch.map((one) => `\${${one}}`).join(separator)})`);
    const parts = text.split(separator);
    if (parts.length !== batch.length)
      throw new Error('the PBX’s answer to a batch of functions is not of the expected form');
    values.push(...parts);
  }
  return values;
}

function batchesOf(functions: readonly string[]): string[][] {
  const batches: string[][] = [];
  let chars = batchCharsMax;
  for (const one of functions) {
    const size = encodeURIComponent(`\${${one}}${separator}`).length;
    if (chars + size > batchCharsMax) {
      batches.push([]);
      chars = 0;
    }
    batches.at(-1)?.push(one);
    chars += size;
  }
  return batches;
}
