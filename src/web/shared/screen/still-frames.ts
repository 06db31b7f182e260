/**
 * Screen capture sends nothing while nothing moves, so that a new watcher would wait a second or more for his first
 * picture. Here every frame passes through the page, which can send the last one again. Chromium only: elsewhere the
 * captured track itself is used.
 */

// Not in TypeScript's DOM library.
interface TrackProcessor {
  readable: ReadableStream<VideoFrame>;
}
interface TrackGenerator extends MediaStreamTrack {
  writable: WritableStream<VideoFrame>;
}
interface BreakoutBox {
  MediaStreamTrackProcessor?: new (init: {
    track: MediaStreamTrack;
    maxBufferSize: number;
  }) => TrackProcessor;
  MediaStreamTrackGenerator?: new (init: { kind: 'video' }) => TrackGenerator;
}

export interface StillFrames {
  /** What is to be sent. */
  track: MediaStreamTrack;
  /** Sends the last picture again now, and a few times more, so that it gets sharp. */
  again(): void;
  stop(): void;
}

const repeats = 8;
const repeatEveryMs = 100;

export function keepLastFrame(captured: MediaStreamTrack): StillFrames {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = globalThis as BreakoutBox;
  if (!MediaStreamTrackProcessor || !MediaStreamTrackGenerator)
    return { track: captured, again() {}, stop() {} };
  const processor = new MediaStreamTrackProcessor({ track: captured, maxBufferSize: 1 });
  const generator = new MediaStreamTrackGenerator({ kind: 'video' });
  const reader = processor.readable.getReader();
  const writer = generator.writable.getWriter();
  let last: { frame: VideoFrame; atMs: number } | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function pass(): Promise<void> {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      last?.frame.close();
      last = { frame: value.clone(), atMs: performance.now() };
      await writer.write(value);
    }
  }

  /** A copy without the capture's own times, by which the encoder would take it for a frame it has had. */
  async function repeat(): Promise<void> {
    if (!last) return;
    const { frame, atMs } = last;
    const { format, codedWidth, codedHeight } = frame;
    if (!format) return;
    const timestamp = Math.round(frame.timestamp + (performance.now() - atMs) * 1_000);
    const pixels = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(pixels);
    await writer.write(new VideoFrame(pixels, { format, codedWidth, codedHeight, layout, timestamp }));
  }

  function repeatOften(left: number): void {
    clearTimeout(timer);
    // On a screen that moves the next one is there already.
    const isStill = left === repeats || performance.now() - (last?.atMs ?? 0) >= repeatEveryMs;
    // A frame that was closed meanwhile was followed by another, and a writer that is closed needs none.
    if (isStill) repeat().catch(() => {});
    if (left > 0) timer = setTimeout(() => repeatOften(left - 1), repeatEveryMs);
  }

  const stop = (): void => {
    clearTimeout(timer);
    last?.frame.close();
    last = null;
    generator.stop();
  };
  // The reader fails when the capture ends, the writer when its track is stopped: both are the end.
  pass().then(stop, stop);
  return { track: generator, again: () => repeatOften(repeats), stop };
}
