const depthMax = 6;
const itemsMax = 50;
const textLengthMax = 4_000;

const secretNames =
  /pass(word|wd)?$|password|secret|token|cookie|authorization|api[_-]?key|credential|private[_-]?key/i;
const numberNames =
  /^(number|numbers|phone|phonenumber|callerid|callerIdNum|connectedLineNum|dialled|dialed|exten|extension|ani|dnis|tel|customerNumber|callerNumber|calleeNumber)$/i;

/**
 * A copy without what a log must not hold: values of fields named like secrets, phone numbers (the last two digits stay,
 * so that lines can be told apart), credentials within addresses. Errors become plain objects.
 */
export function withoutSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return String(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= depthMax) return '[deep]';
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Buffer.isBuffer(value)) return `[${value.length} bytes]`;
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => withoutSecrets(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, cleanField(name, inner, depth)]),
  );
}

function cleanField(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined) return value;
  if (secretNames.test(name)) return '[redacted]';
  if (numberNames.test(name) && (typeof value === 'string' || typeof value === 'number')) {
    return maskNumber(String(value));
  }
  return withoutSecrets(value, depth + 1);
}

const maskNumber = (number: string): string => (number.length > 4 ? `…${number.slice(-2)}` : number);

/** `scheme://user:secret@host`, and runs of digits as long as an outside number (10 to 15, with an optional +). */
function cleanText(text: string): string {
  return text
    .slice(0, textLengthMax)
    .replace(/(\w+:\/\/)[^\s/@]*@/g, '$1[redacted]@')
    .replace(/(?<![\w.-])(?:\+\d{8,15}|0\d{9,14})(?![\w.-])/g, (number) => `…${number.slice(-2)}`);
}

function errorFields(error: Error, depth: number): Record<string, unknown> {
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: cleanText(error.message),
    stack: cleanText(error.stack ?? ''),
    ...(cause === undefined ? {} : { cause: withoutSecrets(cause, depth + 1) }),
  };
}
