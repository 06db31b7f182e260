import i18next from 'i18next';
import type { Agent } from '../../../contract/agents.ts';
import type {
  ScreenServerToBrowser,
  ScreenViewing,
  StartedViewing,
  WatchScreen,
} from '../../../contract/screens.ts';
import { request } from '../../shared/http/request.ts';
import { type PageSocket, pageSocket } from '../../shared/page-socket.ts';
import {
  createWatching,
  type PreparedWatching,
  prepareWatching,
  type Watching,
} from '../../shared/screen/watching.ts';
import { notifyFact, notifyProblem } from '../../shared/shell/notify.ts';
import { createStore } from '../../shared/store.ts';

/** The screen that is watched in this page. */
export interface ViewingNow {
  agent: { id: string; name: string };
  /** Null until the server has said yes. */
  viewing: ScreenViewing | null;
  hidden: boolean;
  stream: MediaStream | null;
  monitors: { count: number; index: number };
}

/** Whose screen is asked for, before it is said why. */
export const askedStore = createStore<string | null>(null);
export const viewingStore = createStore<ViewingNow | null>(null);

/** What the action menu calls: asks why and for how long, then shows the agent's screen. */
export function watchScreen(agent: Agent): void {
  if (!agent.mayDo.includes('watch-screen')) return;
  askedStore.set(agent.id);
  prepared ??= prepareWatching();
}
let prepared: PreparedWatching | null = null;

/** The question is closed. What was prepared while it was open is used by the one that begins, or not at all. */
export function stopAsking(): void {
  askedStore.set(null);
  prepared?.pc.close();
  prepared = null;
}

let running: { id: string; socket: PageSocket; watching: Watching; leave(): void } | null = null;

export async function startWatching(agent: Agent, wish: Omit<WatchScreen, 'agentId'>): Promise<void> {
  const ready = prepared ?? prepareWatching();
  prepared = null;
  stopAsking();
  const socket = pageSocket.get();
  if (!socket) return ready.pc.close();
  close();
  const begun: ViewingNow = {
    agent: { id: agent.id, name: agent.name },
    viewing: null,
    hidden: false,
    stream: null,
    monitors: { count: 1, index: 0 },
  };
  viewingStore.set(begun);
  try {
    const json: WatchScreen = { agentId: agent.id, ...wish };
    const started = await request<StartedViewing>('/api/screens', { method: 'POST', json });
    // It was closed, or another one begun, while the server was asked.
    if (viewingStore.get() !== begun) {
      ready.pc.close();
      return void (await end(started.viewing.id));
    }
    viewingStore.set({ ...begun, viewing: started.viewing, hidden: started.hidden });
    connect(socket, started, ready);
  } catch (error) {
    ready.pc.close();
    if (viewingStore.get() === begun) viewingStore.set(null);
    notifyProblem(error);
  }
}

/** The person's own stop. */
export async function stopWatching(): Promise<void> {
  const id = viewingStore.get()?.viewing?.id;
  close();
  if (id) await end(id).catch(notifyProblem);
}

export function chooseMonitor(index: number): void {
  if (!running) return;
  running.socket.emit('screen-signal', { viewingId: running.id, signal: { kind: 'monitor', index } });
}

function connect(socket: PageSocket, { viewing, iceServers }: StartedViewing, ready: PreparedWatching): void {
  const { id } = viewing;
  const onSignal: ScreenServerToBrowser['screen-signal'] = ({ viewingId, signal }) => {
    if (viewingId !== id) return;
    if (signal.kind === 'monitors')
      change({ monitors: { count: signal.count, index: Math.min(signal.index, signal.count - 1) } });
    else if (signal.kind === 'answer' || signal.kind === 'candidate') watching.take(signal).catch(() => {});
  };
  const onNews: ScreenServerToBrowser['screen-viewing'] = ({ viewingId, hidden, endedBecause }) => {
    if (viewingId !== id) return;
    if (endedBecause === null) {
      change({ hidden });
      return;
    }
    close();
    if (endedBecause !== 'stopped') notifyFact(i18next.t(`screenEnd.${endedBecause}`));
  };
  /** The server ends what it does not hear of any more; nothing is shown without it. */
  const onDisconnect = (): void => {
    close();
    notifyFact(i18next.t('screenWatch.lostLink'));
  };
  socket.on('screen-signal', onSignal);
  socket.on('screen-viewing', onNews);
  socket.on('disconnect', onDisconnect);
  const watching = createWatching({
    prepared: ready,
    iceServers,
    say: (signal) => void socket.emit('screen-signal', { viewingId: id, signal }),
    onPicture: (stream) => change({ stream }),
    onFailed() {
      notifyFact(i18next.t('screenWatch.failed'));
      void stopWatching();
    },
  });
  const leave = (): void => {
    socket.off('screen-signal', onSignal);
    socket.off('screen-viewing', onNews);
    socket.off('disconnect', onDisconnect);
  };
  running = { id, socket, watching, leave };
}

function change(part: Partial<ViewingNow>): void {
  const now = viewingStore.get();
  if (now) viewingStore.set({ ...now, ...part });
}

function close(): void {
  running?.leave();
  running?.watching.close();
  running = null;
  viewingStore.set(null);
}

const end = (id: string) => request(`/api/screens/${id}`, { method: 'DELETE' });
