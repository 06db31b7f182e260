// Generated from the migrated database by scripts/codegen/table-types.ts. Do not edit.
import type { Generated } from 'kysely';

export interface AlertThresholdsTable {
  only_row: Generated<boolean>;
  thresholds: unknown;
  changed_at: Generated<Date>;
  changed_by: string | null;
}

export interface AuditAdoptionTable {
  only_one: Generated<boolean>;
  chain_id: string | null;
  entries: Generated<number>;
  hash: Buffer | null;
  done_at: Date | null;
}

export interface AuditCheckpointsTable {
  chain_id: string;
  through_sequence: number;
  through_hash: Buffer;
  entries: number;
  first_at: Date;
  last_at: Date;
  made_at: Date;
  public_key: string;
  signature: string;
}

export interface AuditEntriesTable {
  id: string;
  at: Date;
  actor_id: string | null;
  action: string;
  subject_id: string | null;
  call_id: string | null;
  details: Generated<unknown>;
  chain_id: string | null;
  sequence: number | null;
  previous_hash: Buffer | null;
  hash: Buffer | null;
}

export interface CallMarksTable {
  id: string;
  call_id: string;
  kind: string;
  by_id: string;
  by_name: string;
  from_at: Date;
  to_at: Date | null;
}

export interface CallsTable {
  id: string;
  pbx: string;
  unique_id: string;
  linked_id: string;
  original_call_id: string | null;
  conversation_id: string | null;
  direction: string;
  origin: string;
  dialled: string | null;
  queue: string | null;
  state: string;
  phase: string;
  reason: string | null;
  ended_by: string | null;
  cause: number | null;
  sip_code: number | null;
  started_at: Date;
  answered_at: Date | null;
  ended_at: Date | null;
  last_seen_at: Date | null;
  menu_ms: number;
  wait_ms: number;
  ring_ms: number;
  talk_ms: number;
  hold_ms: number;
  caller_id: string | null;
  caller_number: string | null;
  caller_name: string | null;
  callee_id: string | null;
  callee_number: string | null;
  callee_name: string | null;
  callee_public_name: string | null;
  customer_id: string | null;
  customer_number: string | null;
  customer_name: string | null;
  customer_nickname: string | null;
  has_customer: boolean;
  agent_id: string | null;
  agent_name: string | null;
  agent_ids: Generated<string[]>;
  queues: Generated<string[]>;
  queue_visits: Generated<unknown>;
  segments: Generated<unknown>;
  legs: Generated<unknown>;
  revision: Generated<number>;
  updated_at: Generated<Date>;
}

export interface ChatMessagesTable {
  id: string;
  thread_id: string;
  seq: number;
  client_id: string;
  author_id: string;
  author_name: string;
  text: string;
  words: string;
  call_id: string | null;
  broadcast_id: string | null;
  sent_at: Date;
}

export interface ChatReadyMadeTable {
  position: number;
  text: string;
}

export interface ChatThreadsTable {
  id: string;
  agent_id: string;
  supervisor_id: string;
  agent_name: string;
  supervisor_name: string;
  last_seq: Generated<number>;
  last_at: Date;
  agent_read_seq: Generated<number>;
  supervisor_read_seq: Generated<number>;
}

export interface EvaluationGridsTable {
  version: Generated<number>;
  criteria: unknown;
  made_at: Generated<Date>;
  made_by: string | null;
}

export interface EvaluationsTable {
  id: string;
  call_id: string;
  call_started_at: Date;
  agent_id: string;
  agent_name: string;
  author_id: string;
  author_name: string;
  grid_version: number;
  marks: unknown;
  score: number | null;
  comment: string;
  created_at: Date;
  updated_at: Date;
}

export interface HelpRequestsTable {
  agent_id: string;
  text: string;
  asked_at: Date;
}

export interface IdempotencyKeysTable {
  person_id: string;
  key: string;
  route: string;
  body_hash: Buffer;
  status: number;
  reply: unknown | null;
  created_at: Generated<Date>;
}

export interface InstallationTable {
  id: Generated<string>;
  only_one: Generated<boolean>;
}

export interface OutsideListeningsTable {
  id: string;
  pbx: string;
  spy_unique_id: string;
  spy_channel: string;
  via: string;
  app: string;
  listener_id: string | null;
  target_unique_id: string | null;
  agent_id: string | null;
  call_id: string | null;
  from_at: Date;
  to_at: Date | null;
  began_told: Generated<boolean>;
  ended_told: Generated<boolean>;
}

export interface PauseReasonsTable {
  name: string;
  position: number;
  over_minutes: number | null;
}

export interface PeopleTable {
  id: string;
  login: string | null;
  password_hash: string | null;
  name: string;
  public_name: string | null;
  roles: string[];
  devices: Generated<string[]>;
  interfaces: Generated<string[]>;
  pbx: Generated<string>;
  created_at: Generated<Date>;
  disabled_at: Date | null;
}

export interface PersonDevicesTable {
  pbx: string;
  device: string;
  person_id: string;
}

export interface PolicyVersionsTable {
  version: Generated<number>;
  policy: unknown;
  changed: Generated<string[]>;
  changed_at: Generated<Date>;
  changed_by: string | null;
}

export interface QueueTeamsTable {
  pbx: string;
  queue: string;
  team_id: string;
}

export interface QueuesTable {
  pbx: string;
  id: string;
  name: string;
  service_level_target_ms: Generated<number>;
  origin: Generated<string>;
  created_at: Generated<Date>;
}

export interface RetentionRunsTable {
  id: Generated<number>;
  started_at: Date;
  ended_at: Date;
  kinds: unknown;
}

export interface ScreenViewingsTable {
  id: string;
  person_id: string;
  person_name: string;
  agent_id: string;
  agent_name: string;
  scope: string;
  call_id: string | null;
  reason: string;
  started_at: Date;
  ends_at: Date | null;
  ended_at: Date | null;
  ended_because: string | null;
}

export interface SessionsTable {
  token_hash: Buffer;
  person_id: string;
  created_at: Generated<Date>;
  last_used_at: Generated<Date>;
  expires_at: Date;
  user_agent: Generated<string>;
  address: Generated<string>;
}

export interface SignInFailuresTable {
  id: Generated<number>;
  login: string;
  address: string;
  at: Generated<Date>;
}

export interface SupervisionsTable {
  id: string;
  person_id: string;
  person_name: string;
  agent_id: string;
  agent_name: string;
  pbx: string;
  mode: string;
  scope: string;
  device: string;
  device_address: string;
  state: string;
  reason: string;
  target_leg: string | null;
  started_at: Date;
  live_at: Date | null;
  ended_at: Date | null;
  ended_because: string | null;
  calls: Generated<unknown>;
  mode_changes: Generated<unknown>;
  paused: Generated<boolean>;
  ends_at: Date | null;
  question: string | null;
  memory: Generated<unknown>;
}

export interface TeamMembersTable {
  team_id: string;
  person_id: string;
}

export interface TeamsTable {
  id: string;
  name: string;
  created_at: Generated<Date>;
}

export interface Tables {
  alert_thresholds: AlertThresholdsTable;
  audit_adoption: AuditAdoptionTable;
  audit_checkpoints: AuditCheckpointsTable;
  audit_entries: AuditEntriesTable;
  call_marks: CallMarksTable;
  calls: CallsTable;
  chat_messages: ChatMessagesTable;
  chat_ready_made: ChatReadyMadeTable;
  chat_threads: ChatThreadsTable;
  evaluation_grids: EvaluationGridsTable;
  evaluations: EvaluationsTable;
  help_requests: HelpRequestsTable;
  idempotency_keys: IdempotencyKeysTable;
  installation: InstallationTable;
  outside_listenings: OutsideListeningsTable;
  pause_reasons: PauseReasonsTable;
  people: PeopleTable;
  person_devices: PersonDevicesTable;
  policy_versions: PolicyVersionsTable;
  queue_teams: QueueTeamsTable;
  queues: QueuesTable;
  retention_runs: RetentionRunsTable;
  screen_viewings: ScreenViewingsTable;
  sessions: SessionsTable;
  sign_in_failures: SignInFailuresTable;
  supervisions: SupervisionsTable;
  team_members: TeamMembersTable;
  teams: TeamsTable;
}
