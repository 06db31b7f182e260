const device = /^(?![Ll][Oo][Cc][Aa][Ll]\/)[A-Za-z][A-Za-z0-9]{1,15}\/[A-Za-z0-9_.+@:/-]{1,100}$/;

/** One entry a line, blanks and doubles dropped. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()))].filter((line) => line !== '');
}

/** The first entry that is no dial string of a real device. The server has the last word. */
export function firstWrongDevice(devices: readonly string[]): string | undefined {
  return devices.find((one) => !device.test(one));
}
