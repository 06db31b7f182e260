import {
  monitorsMax,
  type ScreenOrders,
  type SharerSignal,
  type ViewerSignal,
} from '../../../contract/screens.ts';
import type { PageSocket } from '../page-socket.ts';
import { createStore, type Store } from '../store.ts';
import { createSending, framesPerSecondFor, type Sending } from './sending.ts';
import { keepLastFrame, type StillFrames } from './still-frames.ts';

export interface SharedNow {
  /** What each picture shows: a whole monitor, a window, a tab; unknown where the browser does not tell. */
  monitors: readonly ('monitor' | 'window' | 'browser' | 'unknown')[];
  /** Nothing leaves the page (a pause). */
  hidden: boolean;
  /** Why sharing did not begin. */
  problem: 'refused' | 'failed' | null;
}

export interface Sharer {
  now: Store<SharedNow>;
  /** Asks the browser for one more picture; needs the click that called it. */
  add(): Promise<void>;
  remove(index: number): void;
  stop(): void;
  /** The end of the page: capture and connections are closed. */
  close(): void;
}

interface Monitor {
  captured: MediaStreamTrack;
  still: StillFrames;
}
interface Outgoing {
  iceServers: ScreenOrders['viewings'][number]['iceServers'];
  index: number;
  sending: Sending;
  hasOffer: boolean;
}

const captureFramesPerSecond = 15;

/** The agent's side: he shares once, watchers attach as the server lets them. Without the server nothing is sent. */
export function createSharer(socket: PageSocket): Sharer {
  const now = createStore<SharedNow>({ monitors: [], hidden: false, problem: null });
  const outgoing = new Map<string, Outgoing>();
  let monitors: Monitor[] = [];
  let hidden = false;

  const show = (problem: SharedNow['problem'] = null): void =>
    now.set({ monitors: monitors.map(({ captured }) => surfaceOf(captured)), hidden, problem });
  const trackOf = (index: number): MediaStreamTrack | null =>
    hidden ? null : ((monitors[index] ?? monitors[0])?.still.track ?? null);

  async function add(): Promise<void> {
    if (monitors.length >= monitorsMax) return;
    try {
      const captured = await capture();
      const still = keepLastFrame(captured);
      still.track.contentHint = 'detail';
      monitors.push({ captured, still });
      captured.addEventListener('ended', () => drop(captured));
      announce();
      show();
    } catch (error) {
      show((error as DOMException).name === 'NotAllowedError' ? 'refused' : 'failed');
    }
  }

  function drop(captured: MediaStreamTrack): void {
    const gone = monitors.find((one) => one.captured === captured);
    if (!gone) return;
    monitors = monitors.filter((one) => one !== gone);
    gone.captured.stop();
    gone.still.stop();
    announce();
    show();
    for (const one of outgoing.values()) if (!monitors[one.index]) one.index = 0;
    for (const id of outgoing.keys()) refresh(id);
  }

  function announce(): void {
    socket.emit('screen-share', { monitors: monitors.length });
    if (monitors.length > 0) for (const id of outgoing.keys()) tellMonitors(id);
  }

  function refresh(viewingId: string): void {
    const one = outgoing.get(viewingId);
    if (!one) return;
    settled(one.sending.show(trackOf(one.index)));
    if (!hidden) monitors[one.index]?.still.again();
    if (monitors.length > 0) tellMonitors(viewingId);
  }

  const say = (viewingId: string, signal: SharerSignal): void =>
    void socket.emit('screen-signal', { viewingId, signal });
  function tellMonitors(viewingId: string): void {
    const { index } = outgoing.get(viewingId)!;
    say(viewingId, { kind: 'monitors', count: monitors.length, index });
  }

  function onOrders(orders: ScreenOrders): void {
    if (!orders.sharing) {
      stop();
      return;
    }
    const wasHidden = hidden;
    hidden = orders.hidden;
    const wanted = new Map(orders.viewings.map(({ id, iceServers }) => [id, iceServers]));
    for (const id of outgoing.keys()) if (!wanted.has(id)) closeOne(id);
    for (const [id, iceServers] of wanted)
      if (!outgoing.has(id)) {
        const sending = newSending(id, { iceServers, index: 0 });
        outgoing.set(id, { iceServers, index: 0, sending, hasOffer: false });
      }
    const perSecond = framesPerSecondFor(outgoing.size);
    for (const { sending } of outgoing.values()) settled(sending.limitFrames(perSecond));
    if (hidden !== wasHidden) for (const id of outgoing.keys()) refresh(id);
    show();
  }

  function onSignal({ viewingId, signal }: { viewingId: string; signal: SharerSignal | ViewerSignal }): void {
    const one = outgoing.get(viewingId);
    if (!one) return;
    if (signal.kind === 'monitor') {
      if (monitors[signal.index]) one.index = signal.index;
      refresh(viewingId);
    } else if (signal.kind === 'offer') {
      if (one.hasOffer) {
        one.sending.close();
        one.sending = newSending(viewingId, one);
      }
      one.hasOffer = true;
      settled(one.sending.take(signal));
    } else if (signal.kind === 'candidate') {
      settled(one.sending.take(signal));
    }
  }

  const newSending = (
    viewingId: string,
    { iceServers, index }: Pick<Outgoing, 'iceServers' | 'index'>,
  ): Sending =>
    createSending({
      iceServers,
      track: trackOf(index),
      framesPerSecond: framesPerSecondFor(outgoing.size),
      say: (signal) => say(viewingId, signal),
      onConnected: () => refresh(viewingId),
    });

  function closeOne(viewingId: string): void {
    outgoing.get(viewingId)?.sending.close();
    outgoing.delete(viewingId);
  }
  /** What the server does not oversee is not sent. */
  function onDisconnect(): void {
    for (const id of outgoing.keys()) closeOne(id);
  }
  function onConnect(): void {
    if (monitors.length > 0) announce();
  }
  function stop(): void {
    for (const { captured } of monitors) drop(captured);
    onDisconnect();
    show();
  }

  socket.on('screen-orders', onOrders);
  socket.on('screen-signal', onSignal);
  socket.on('connect', onConnect);
  socket.on('disconnect', onDisconnect);
  return {
    now,
    add,
    remove: (index) => {
      const monitor = monitors[index];
      if (monitor) drop(monitor.captured);
    },
    stop,
    close() {
      stop();
      socket.off('screen-orders', onOrders);
      socket.off('screen-signal', onSignal);
      socket.off('connect', onConnect);
      socket.off('disconnect', onDisconnect);
    },
  };
}

async function capture(): Promise<MediaStreamTrack> {
  const video = { frameRate: { ideal: captureFramesPerSecond, max: captureFramesPerSecond } };
  const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: false });
  const track = stream.getVideoTracks()[0];
  if (!track) throw new DOMException('no picture was given', 'NotFoundError');
  return track;
}

function surfaceOf(captured: MediaStreamTrack): SharedNow['monitors'][number] {
  const surface = captured.getSettings().displaySurface;
  return surface === 'monitor' || surface === 'window' || surface === 'browser' ? surface : 'unknown';
}

/** A connection that ends in the middle of a step is told of by its own state. */
function settled(step: Promise<void> | undefined): void {
  step?.catch(() => {});
}
