import { messageLengthMax } from '../../contract/chat.ts';
import { AppError } from '../../contract/errors.ts';

/** What is kept of a text. Throws `validation-failed` for nothing but spaces, `message-too-long`. */
export function messageText(given: string): string {
  const text = given.toWellFormed().trim();
  if (text === '') throw new AppError('validation-failed', 'The message is empty', { field: 'text' });
  if (text.length > messageLengthMax && [...text].length > messageLengthMax)
    throw new AppError('message-too-long', undefined, { max: messageLengthMax });
  return text;
}
