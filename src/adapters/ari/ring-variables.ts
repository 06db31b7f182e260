/** Variables of a leg that we ring: what makes a phone answer by itself, and what keeps a call where it was sent. */

const callInfo = '<sip:vigie.invalid>;answer-after=0';
const alertInfo = '<http://vigie.invalid>;info=alert-autoanswer;delay=0';
const callerTextMax = 60;

/**
 * A phone that answers 302 makes Asterisk dial the new number in this context. There is no such context, so
 * nothing is dialled and the leg fails.
 */
export const neverForwarded = { FORWARD_CONTEXT: 'vigie-never-forwarded' } as const;

/** Two headers, since no one of them is known to every make of phone. Technologies without headers just ring. */
export function autoAnswerVariables(device: string): Record<string, string> {
  switch (device.split('/')[0]?.toUpperCase()) {
    case 'PJSIP':
      return { 'PJSIP_HEADER(add,Call-Info)': callInfo, 'PJSIP_HEADER(add,Alert-Info)': alertInfo };
    case 'SIP':
      return { SIPADDHEADER01: `Call-Info: ${callInfo}`, SIPADDHEADER02: `Alert-Info: ${alertInfo}` };
    default:
      return {};
  }
}

/** `"name" <number>` as Asterisk parses it; nothing in a name can end the quotes or start a header. */
export function callerId(name: string, number: string): string {
  const text = name.replace(/[\p{Cc}\p{Cf}"\\<>]/gu, ' ').trim();
  const digits = number.replace(/[^0-9+*#]/g, '').slice(0, callerTextMax);
  return `"${[...text].slice(0, callerTextMax).join('').toWellFormed()}" <${digits}>`;
}
