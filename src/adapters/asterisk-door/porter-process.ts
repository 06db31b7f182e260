/** The porter: carries bytes between Asterisk and the reader of its PBX, and does nothing else that could keep it. */
import { connect, type Socket } from 'node:net';
import { beatEveryMs, type Errand } from './porter-protocol.ts';

const beat = setInterval(() => process.send?.('.', () => {}), beatEveryMs);

process.on('message', ({ readerPath, opening }: Errand, asterisk: Socket | undefined) => {
  if (!asterisk) return;
  const reader = connect(readerPath);
  reader.write(Buffer.from(opening, 'latin1'));
  // A reset, never a socket that is left unread: Asterisk would go on queueing.
  asterisk.on('close', () => reader.destroy()).on('error', () => reader.destroy());
  reader.on('close', () => asterisk.resetAndDestroy()).on('error', () => asterisk.resetAndDestroy());
  asterisk.setNoDelay(true);
  asterisk.pipe(reader);
  reader.pipe(asterisk);
});

// The server has gone, with or without a goodbye.
process.on('disconnect', () => {
  clearInterval(beat);
  process.exit(0);
});
