import type { Supervision } from '../../contract/supervisions.ts';
import type { Database } from '../../database/database.ts';
import type { AuditLog, LiveSupervisions } from '../../ports/domain.ts';
import type { Log } from '../../ports/log.ts';
import type { WriteBehind } from '../../ports/write-behind.ts';
import { keepRow, letGoOfRow } from './kept-rows.ts';
import type { Session } from './session.ts';
import { rowOf, saveSupervision } from './supervision.repository.ts';
import { supervisionOf } from './supervision-view.ts';

interface Kept {
  session: Session;
  /** Writes follow one another, so that the last state is the last written. */
  saving: Promise<void>;
  isSaved: boolean;
  /** False until it may have a row: its audit entry is written. */
  hasRow: boolean;
  isEndAudited: boolean;
  /** Its row waits on this server's disk, since the database is away. */
  isKeptHere: boolean;
}

/** Supervisions whose supervisor is remembered, ended ones included. */
const supervisorsMax = 10_000;

/** The supervisions that are not ended, and those whose end the database has not taken yet. */
export class OpenSessions {
  readonly #db: Database;
  readonly #audit: AuditLog;
  readonly #behind: WriteBehind | undefined;
  readonly #log: Log;
  readonly #kept = new Map<string, Kept>();
  /** By supervision. A call that was taken over is told, and its record written, after the takeover has ended. */
  readonly #supervisors = new Map<string, string>();
  readonly #listeners = new Set<(supervision: Supervision) => void>();
  readonly #leavers = new Set<(supervision: Supervision) => void>();

  constructor(deps: { db: Database; audit: AuditLog; log: Log; behind?: WriteBehind | undefined }) {
    this.#behind = deps.behind;
    this.#db = deps.db;
    this.#audit = deps.audit;
    this.#log = deps.log;
  }

  readonly live: LiveSupervisions = {
    all: () => this.all().map(viewOf),
    ofAgent: (agentId) =>
      this.all()
        .filter(({ plan }) => plan.agent.id === agentId)
        .map(viewOf),
    bySupervisor: (personId) => {
      const session = this.all().find(({ plan }) => plan.supervisor.id === personId);
      return session && viewOf(session);
    },
    onChange: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
  };

  /** Called with each supervision that another server goes on with. */
  onLeave(listener: (supervision: Supervision) => void): () => void {
    this.#leavers.add(listener);
    return () => this.#leavers.delete(listener);
  }

  all(): Session[] {
    return [...this.#kept.values()]
      .map(({ session }) => session)
      .filter(({ state }) => state.state !== 'ended');
  }

  byId(id: string): Session | undefined {
    return this.#kept.get(id)?.session;
  }

  /** The supervisor's id; undefined for one that this run of the server does not know, or forgot long ago. */
  supervisorOf(id: string): string | undefined {
    return this.#supervisors.get(id);
  }

  add(session: Session, { hasRow }: { hasRow: boolean }): void {
    this.#supervisors.set(session.plan.id, session.plan.supervisor.id);
    if (this.#supervisors.size > supervisorsMax)
      this.#supervisors.delete(this.#supervisors.keys().next().value!);
    this.#kept.set(session.plan.id, {
      session,
      saving: Promise.resolve(),
      isSaved: true,
      hasRow,
      isEndAudited: false,
      isKeptHere: false,
    });
    this.#tell(session);
  }

  /** The supervision goes on as another kind of session, under the same id. */
  replace(session: Session): void {
    const kept = this.#kept.get(session.plan.id);
    if (!kept) return;
    kept.session = session;
    this.onState(session);
  }

  /** Its audit entry is written: its row, and every change of it, follow. */
  written(id: string): void {
    const kept = this.#kept.get(id);
    if (!kept) return;
    kept.hasRow = true;
    void this.#save(kept);
  }

  /** It never was: no row, no audit entry. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  /** Another server goes on with it: nothing of it is written or told here any more. */
  letGo(session: Session): void {
    if (this.#kept.delete(session.plan.id)) for (const listener of this.#leavers) listener(viewOf(session));
  }

  onState(session: Session): void {
    const kept = this.#kept.get(session.plan.id);
    if (!kept) return;
    this.#tell(session);
    if (kept.hasRow) void this.#save(kept);
  }

  /** What it remembers has changed, and nothing that is shown. */
  onMemory(id: string): void {
    const kept = this.#kept.get(id);
    if (kept?.hasRow) void this.#save(kept);
  }

  /** Settles when what is known now is in the database; throws nothing, the sweep tries again. */
  async saved(id: string): Promise<void> {
    await this.#kept.get(id)?.saving;
  }

  /** Once more for those the database did not take. */
  async saveAgain(): Promise<void> {
    for (const kept of [...this.#kept.values()]) {
      if (kept.hasRow && !kept.isSaved) await this.#save(kept);
    }
  }

  async #save(kept: Kept): Promise<void> {
    kept.isSaved = false;
    kept.saving = kept.saving.then(async () => {
      const { plan, state, memory } = kept.session;
      const row = rowOf({ plan, state, memory });
      try {
        if (state.state === 'ended') await this.#auditEnd(kept);
        await saveSupervision(this.#db, row);
        if (kept.isKeptHere) await letGoOfRow(this.#behind, row);
        Object.assign(kept, { isSaved: true, isKeptHere: false });
        if (state.state === 'ended') this.#kept.delete(plan.id);
      } catch (error) {
        this.#log.warn({ err: error, supervisionId: plan.id }, 'A supervision waits for the database');
        kept.isKeptHere = await keepRow(this.#behind, row, this.#log);
      }
    });
    await kept.saving;
  }

  async #auditEnd(kept: Kept): Promise<void> {
    const { plan, state } = kept.session;
    if (kept.isEndAudited || !this.#kept.has(plan.id)) return;
    await this.#audit.write({
      actorId: state.endedBecause === 'stopped' ? plan.supervisor.id : null,
      action: 'supervision.ended',
      subjectId: plan.agent.id,
      callId: plan.callId,
      details: {
        supervisionId: plan.id,
        because: state.endedBecause,
        // The entry itself may have had to wait for the log.
        endedAt: new Date(state.endedAtMs ?? 0).toISOString(),
      },
    });
    kept.isEndAudited = true;
  }

  #tell(session: Session): void {
    const supervision = viewOf(session);
    for (const listener of this.#listeners) listener(supervision);
  }
}

const viewOf = ({ plan, state }: Session): Supervision => supervisionOf(plan, state);
