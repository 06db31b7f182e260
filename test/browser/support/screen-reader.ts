/** Looks at the picture a watching page shows: its colours, its rate, and the words on it. */
import type { Page } from 'playwright-core';

const video = 'section[aria-label] video';

/** Runs in every page first: keeps its WebRTC connections, and the time from a confirmed question to the first picture. */
export const screenProbe = `
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); globalThis.connections.push(this); }
  };
  let askedMs = 0;
  addEventListener('submit', () => { askedMs = performance.now(); globalThis.firstFrameMs = 0; }, true);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes) {
        const found = node.nodeName === 'VIDEO' ? node : node.querySelector?.('video');
        found?.requestVideoFrameCallback(() => { globalThis.firstFrameMs = performance.now() - askedMs; });
      }
  }).observe(document, { subtree: true, childList: true });
`;

export interface ShownWord {
  text: string;
  x: number;
  y: number;
}

const font = '12px "DejaVu Sans", Arial, sans-serif';
const lineHeight = 16;
/** Words that are easily taken for one another. */
const vocabulary = [
  'client',
  'clienl',
  'dient',
  'facture',
  'factura',
  'lacture',
  '0612345678',
  '0612345673',
  '0812345678',
  'illisible',
  'lilisible',
  'commande',
  'cornmande',
  'relance',
  'relanoe',
  'avoir',
  'avair',
  'dossier',
  'dassier',
  'O0l1I|',
  '00lII1',
  'B8S5Z2',
  '8BS52Z',
  'rn/m',
  'm/rn',
  'livré',
  'livre',
  'payé',
  'paye',
  'échu',
  'echu',
  '12,50 €',
  '12,60 €',
  '72,50 €',
  '(IBAN)',
  '{IBAN}',
  'cette',
  'celte',
  'eue',
  'ene',
];

/** Covers the page with words of 12 pixels, black on white, each at a known place. */
export async function showWords(page: Page): Promise<ShownWord[]> {
  const words = Array.from({ length: 360 }, (_, i) => ({
    text: vocabulary[(i * 7 + Math.floor(i / 12)) % vocabulary.length]!,
    x: 24 + (i % 12) * 150,
    y: 80 + Math.floor(i / 12) * 32,
  }));
  await page.evaluate(
    ([words, font, lineHeight]) => {
      const doc = (globalThis as unknown as { document: PageDocument }).document;
      const sheet = doc.createElement('div');
      sheet.style.cssText = 'position:fixed;inset:0;background:#fff;z-index:9000';
      for (const { text, x, y } of words) {
        const word = doc.createElement('span');
        word.textContent = text;
        word.style.cssText = `position:absolute;left:${x}px;top:${y}px;font:${font};line-height:${lineHeight}px;color:#000;white-space:pre`;
        sheet.append(word);
      }
      doc.body.append(sheet);
    },
    [words, font, lineHeight] as const,
  );
  return words;
}
interface PageElement {
  style: { cssText: string };
  textContent: string;
  append(child: PageElement): void;
}
interface PageDocument {
  createElement(name: string): PageElement;
  body: PageElement;
}

/** A square that is another colour every 30 ms, as on a screen that is worked on. */
export const keepMoving = (page: Page) =>
  page.evaluate(`{
    const square = document.createElement('div');
    square.style = 'position:fixed;top:0;left:0;width:64px;height:64px;z-index:9999';
    document.body.append(square);
    let n = 0;
    setInterval(() => { square.style.background = 'hsl(' + (n += 37) % 360 + ' 90% 50%)'; }, 30);
  }`);

export function screenReader(page: Page) {
  return {
    size: () =>
      page.evaluate(
        `(({ videoWidth, videoHeight }) => [videoWidth, videoHeight])(document.querySelector('${video}'))`,
      ),
    /** The colours a pixel has had in this time, as often as the page could look. */
    async coloursAt(x: number, y: number, ms: number): Promise<Set<string>> {
      const seen = await page.evaluate(`(async () => {
        const video = document.querySelector('${video}');
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const seen = [];
        const endMs = performance.now() + ${ms};
        while (performance.now() < endMs) {
          canvas.drawImage(video, ${x}, ${y}, 1, 1, 0, 0, 1, 1);
          seen.push([...canvas.getImageData(0, 0, 1, 1).data].join());
          await new Promise((done) => setTimeout(done, 30));
        }
        return seen;
      })()`);
      return new Set(seen as string[]);
    },
    /** New pictures shown, each second. */
    async rate(ms: number): Promise<{ framesPerSecond: number }> {
      const frames = await page.evaluate(`(async () => {
        const video = document.querySelector('${video}');
        let frames = 0;
        const next = () => video.requestVideoFrameCallback(() => { frames += 1; next(); });
        next();
        await new Promise((done) => setTimeout(done, ${ms}));
        return frames;
      })()`);
      return { framesPerSecond: Number((((frames as number) * 1_000) / ms).toFixed(1)) };
    },
    /** Pictures that reach the page in this time, shown or not. */
    async arrivesIn(ms: number): Promise<number> {
      const frames = await page.evaluate(`(async () => {
        const count = async () => {
          let frames = 0;
          for (const pc of globalThis.connections)
            for (const one of (await pc.getStats()).values())
              if (one.type === 'inbound-rtp') frames += one.framesReceived;
          return frames;
        };
        const before = await count();
        await new Promise((done) => setTimeout(done, ${ms}));
        return (await count()) - before;
      })()`);
      return frames as number;
    },
    /** Reads each word from the pixels at its place: the one of all words whose drawn shape is nearest. */
    async read(words: readonly ShownWord[]): Promise<{ right: number; wrong: string[] }> {
      const read = (await page.evaluate(
        `${readWords}(${JSON.stringify({ words, vocabulary, font, lineHeight, video })})`,
      )) as string[];
      const wrong = words.flatMap(({ text }, i) => (read[i] === text ? [] : [`${text} as ${read[i]}`]));
      return { right: words.length - wrong.length, wrong: wrong.slice(0, 20) };
    },
  };
}

/** Of numbers; the nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
}

/** In the page, as text: template matching over all words, a pixel or two around each place. */
const readWords = `(({ words, vocabulary, font, lineHeight, video }) => {
  const picture = document.querySelector(video);
  const canvasOf = (w, h) => new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true });
  const width = 110, height = lineHeight + 4, reach = 2;
  const normal = (grey) => {
    const mean = grey.reduce((sum, one) => sum + one, 0) / grey.length;
    const norm = Math.sqrt(grey.reduce((sum, one) => sum + (one - mean) ** 2, 0)) || 1;
    return grey.map((one) => (one - mean) / norm);
  };
  const greyOf = (context, x, y, w, h) => {
    const { data } = context.getImageData(x, y, w, h);
    return Float32Array.from({ length: w * h }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
  };
  const shapes = vocabulary.map((word) => {
    const context = canvasOf(width, height);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#000';
    context.font = font;
    context.fillText(word, reach, reach + 12);
    return normal(greyOf(context, 0, 0, width, height));
  });
  const whole = canvasOf(picture.videoWidth, picture.videoHeight);
  whole.drawImage(picture, 0, 0);
  return words.map(({ x, y }) => {
    let best = { score: -1, word: '' };
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -1; dx <= 1; dx++) {
        const grey = normal(greyOf(whole, x - reach + dx, y - reach + dy, width, height));
        shapes.forEach((shape, i) => {
          let score = 0;
          for (let j = 0; j < shape.length; j++) score += shape[j] * grey[j];
          if (score > best.score) best = { score, word: vocabulary[i] };
        });
      }
    return best.word;
  });
})`;
