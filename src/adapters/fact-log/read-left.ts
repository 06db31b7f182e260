import { isDamage, type LeftPieces, type Piece, type PieceKind } from './log-file.ts';

/** Takes some pieces; settles when more may come. */
export type TellLeft = (left: 'over' | 'facts', texts: string[]) => Promise<void>;

/**
 * Tells every piece that earlier runs left. One that is not what was written is left out and said. Where the file itself
 * is broken the rest is read from its other end; returned is then what the file said.
 */
export async function readLeft(
  pieces: LeftPieces,
  tell: TellLeft,
  onDamage: (fields: object, message: string) => void,
): Promise<unknown> {
  let broken: unknown = null;
  for (const kind of ['over', 'carried', 'batches'] as const) {
    const left = kind === 'over' ? 'over' : 'facts';
    const take = async (some: Piece[]) => {
      for (const { place } of some.filter(({ isWhole }) => !isWhole))
        onDamage({ table: kind, place }, 'A piece of the fact log is damaged and left out; the rest is used');
      await tell(
        left,
        some.filter(({ isWhole }) => isWhole).map(({ text }) => text),
      );
    };
    broken = (await readKind(pieces, kind, take)) ?? broken;
  }
  return broken;
}

const piecesAtOnce = 64;
type Take = (some: Piece[]) => Promise<void>;

async function readKind(pieces: LeftPieces, kind: PieceKind, take: Take): Promise<unknown> {
  let last = 0;
  const forward = async (limit: number) => {
    for (let some = pieces(kind, { after: last }, limit); some.length > 0; ) {
      await take(some);
      last = some.at(-1)!.place;
      some = pieces(kind, { after: last }, limit);
    }
  };
  const broken = await whatBreaks(() => forward(piecesAtOnce));
  if (!broken) return null;
  await whatBreaks(() => forward(1));
  await whatBreaks(() => readBackwards(pieces, kind, { downTo: last, take }));
  return broken;
}

async function readBackwards(
  pieces: LeftPieces,
  kind: PieceKind,
  { downTo, take }: { downTo: number; take: Take },
): Promise<void> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const [piece] = pieces(kind, { before }, 1);
    if (!piece || piece.place <= downTo) return;
    await take([piece]);
    before = piece.place;
  }
}

async function whatBreaks(act: () => Promise<void>): Promise<unknown> {
  try {
    await act();
    return null;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return error;
  }
}
