import type { AriClientEvents, AriTypedEvents, BadFrameKind } from './client-types.ts';
import type { Emitter } from './emitter.ts';
import { createSkipper, readFrame } from './frames.ts';
import type { AriEvent, AriEventType } from './generated/events.ts';
import type { AriFrameMeta, AriLog } from './options.ts';
import { type Counters, countUnknown } from './stats.ts';

export interface IntakeOptions {
  counters: Counters;
  emitter: Emitter<AriClientEvents>;
  typedEmitter: Emitter<AriTypedEvents>;
  log: AriLog;
  eventTypes: readonly string[] | undefined;
  onFrame: ((text: string, meta: AriFrameMeta) => void) | undefined;
  onHandlerError(error: unknown, name: string): void;
  onRestResponse(response: Record<string, unknown>): void;
  onReplaced(): void;
}

export interface Intake {
  startGeneration(generation: number): void;
  takeText(text: string): void;
  takeBinary(): void;
}

/** The way of every frame: counted, skipped or shown raw, parsed once, delivered. Nothing a frame holds can throw. */
export function createIntake(options: IntakeOptions): Intake {
  const { counters, emitter, typedEmitter, log, onFrame } = options;
  const canSkip = createSkipper(options.eventTypes);
  let generation = 0;
  let sequence = 0;

  function nextMeta(): AriFrameMeta {
    sequence += 1;
    counters.frames += 1;
    const receivedAtMs = Date.now();
    counters.lastFrameAtMs = receivedAtMs;
    return { generation, sequence, receivedAtMs };
  }

  function showRaw(text: string, meta: AriFrameMeta): void {
    try {
      onFrame?.(text, meta);
    } catch (error) {
      options.onHandlerError(error, 'onFrame');
    }
  }

  function refuse(kind: BadFrameKind, meta: AriFrameMeta): void {
    counters[kind] += 1;
    log.warn(
      { kind, generation: meta.generation, sequence: meta.sequence },
      'ARI: a frame that is not an event',
    );
    emitter.emit('badFrame', kind, meta);
  }

  function deliver(event: AriEvent, meta: AriFrameMeta): void {
    counters.events += 1;
    typedEmitter.emit(event.type as AriEventType, event as never, meta);
    emitter.emit('event', event, meta);
    if (event.type !== 'ApplicationReplaced') return;
    emitter.emit('replaced', { generation });
    options.onReplaced();
  }

  function takeText(text: string): void {
    const meta = nextMeta();
    if (canSkip(text)) {
      counters.skipped += 1;
      return;
    }
    if (onFrame) showRaw(text, meta);
    const frame = readFrame(text);
    switch (frame.kind) {
      case 'event':
        deliver(frame.event as unknown as AriEvent, meta);
        return;
      case 'unknownEvent':
        if (countUnknown(counters, frame.event.type))
          log.info({ type: frame.event.type }, 'ARI: unknown event type');
        emitter.emit('unknownEvent', frame.event, meta);
        return;
      case 'restResponse':
        options.onRestResponse(frame.response);
        return;
      case 'badJson':
      case 'notAnEvent':
        refuse(frame.kind, meta);
        return;
      default:
        frame satisfies never;
    }
  }

  return {
    startGeneration(next) {
      generation = next;
      sequence = 0;
    },
    takeText,
    takeBinary: () => refuse('binary', nextMeta()),
  };
}
